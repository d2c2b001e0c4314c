import type { Answer } from './probe-event.js';

const MAX_RESPONSE_LENGTH = 64 * 1_024;
/** Of what a server says about its error; reasons are counted, and shown in a line. */
const MAX_ERROR_LENGTH = 160;

/**
 * Reads one HTTP/1 response, in as many pieces as it comes, far cheaper than a full client: a status, a body that ends by
 * `Content-Length` or by the connection's close, and whether the server wants to close. A chunked body is malformed here;
 * neither the services nor HAProxy's own answers have one.
 */
export class HttpResponseReader {
  state: 'incomplete' | 'complete' | 'malformed' = 'incomplete';
  status = 0;
  body = '';
  /** Whether the server closes the connection after this response. */
  closes = false;
  private text = '';
  /** Where the body begins and how long it is (Infinity: until the close); undefined until the head is there. */
  private bodyAt: { start: number; length: number } | undefined;

  /** Whether any of the response has come. */
  get begun(): boolean {
    return this.text !== '';
  }

  /** @param piece bytes as latin1, so that a character is a byte */
  push(piece: string): void {
    this.text += piece;
    if (this.text.length > MAX_RESPONSE_LENGTH) this.state = 'malformed';
    this.bodyAt ??= this.readHead();
    if (!this.bodyAt || this.state === 'malformed') return;
    const end = this.bodyAt.start + this.bodyAt.length;
    if (this.text.length < end) return;
    this.complete(end);
    // What comes after the answer was not asked for, such as HAProxy's 408: this connection is of no more use.
    if (this.text.length > end) this.closes = true;
  }

  /** The server has closed the connection. */
  close(): void {
    if (this.state === 'incomplete' && this.bodyAt?.length === Infinity) this.complete(this.text.length);
  }

  private readHead(): { start: number; length: number } | undefined {
    const headEnd = this.text.indexOf('\r\n\r\n');
    if (headEnd === -1) return undefined;
    const head = this.text.slice(0, headEnd);
    const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: |\r|$)/.exec(head);
    if (!statusLine || /\r\ntransfer-encoding:/i.test(head)) {
      this.state = 'malformed';
      return undefined;
    }
    this.status = Number(statusLine[2]);
    const length = Number(/\r\ncontent-length:[ \t]*(\d+)/i.exec(head)?.[1] ?? Infinity);
    const connection = /\r\nconnection:[ \t]*([\w-]+)/i.exec(head)?.[1]?.toLowerCase();
    this.closes =
      connection === 'close' || length === Infinity || (statusLine[1] === '0' && connection !== 'keep-alive');
    return { start: headEnd + 4, length };
  }

  private complete(bodyEnd: number): void {
    this.body = this.text.slice(this.bodyAt!.start, bodyEnd);
    this.state = 'complete';
  }
}

/** What a complete response is worth. */
export function answerOf(response: { status: number; body: string }): Answer {
  const content = jsonObject(response.body);
  const reason =
    response.status !== 200 ? statusReason(response.status, content?.error) : content === undefined ? 'bad-body' : null;
  return {
    outcome: reason === null ? 'ok' : 'failed',
    reason,
    status: response.status,
    frontend: stringOrNull(content?.frontend),
    backend: stringOrNull(content?.backend),
  };
}

function statusReason(status: number, error: unknown): string {
  if (typeof error !== 'string') return `status-${status}`;
  return `status-${status}: ${error.replaceAll(/\s+/g, ' ').slice(0, MAX_ERROR_LENGTH)}`;
}

/** A request that got no response. */
export function withoutResponse(outcome: 'failed' | 'unsent', reason: string): Answer {
  return { outcome, reason, status: null, frontend: null, backend: null };
}

function jsonObject(text: string): { frontend?: unknown; backend?: unknown; error?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
