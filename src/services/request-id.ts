import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What may travel on into other headers and into logs as it is; HAProxy replaces anything else, too. */
const SANE = /^[\w.-]{1,64}$/;

/** The id the client or HAProxy gave the request, if it is a sane one, otherwise a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}
