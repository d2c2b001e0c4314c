import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { FrontendAnswer } from './frontend.controller.js';

const template = Handlebars.compile(readFileSync(new URL('./page.hbs', import.meta.url), 'utf8'), { strict: true });

/** @param host that the page was asked for under: the statistics pages are on it too */
export function renderPage(answer: FrontendAnswer, host: string): string {
  return template({ error: undefined, ...answer, host });
}
