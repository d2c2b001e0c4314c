import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { BackendAnswer } from './backend-client.js';

const template = Handlebars.compile(readFileSync(new URL('./page.hbs', import.meta.url), 'utf8'), { strict: true });

/** Which nodes answered; with `backend` null and an error, and status 503, when no backend did. */
export type FrontendAnswer = BackendAnswer & { frontend: string };

/** @param statistics host and port of HAProxy's statistics page */
export function renderPage(answer: FrontendAnswer, statistics: string): string {
  return template({ error: undefined, ...answer, statistics });
}
