export const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';

export function prettyJson(answer: unknown): string {
  return `${JSON.stringify(answer, null, 2)}\n`;
}
