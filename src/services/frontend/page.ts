import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { FrontendAnswer } from './frontend.controller.js';

const template = Handlebars.compile(readFileSync(new URL('./page.hbs', import.meta.url), 'utf8'), { strict: true });

/** @param statistics host and port of HAProxy's statistics page */
export function renderPage(answer: FrontendAnswer, statistics: string): string {
  return template({ error: undefined, ...answer, statistics });
}
