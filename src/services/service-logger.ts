import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/**
 * What NestJS and the service say, as JSON lines. A message is a text, an Error, or an object of fields that belong into the
 * line, such as `{ requestId, msg }`.
 */
export class ServiceLogger implements LoggerService {
  /** For lines without a context. */
  readonly lines: Logger;

  constructor(node: string, stream: DestinationStream) {
    this.lines = pino(
      { base: { node }, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
      stream,
    );
  }

  log(message: unknown, ...more: unknown[]): void {
    this.lines.info(fieldsOf(message, more));
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.lines.warn(fieldsOf(message, more));
  }

  error(message: unknown, ...more: unknown[]): void {
    this.lines.error(fieldsOf(message, more));
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.lines.fatal(fieldsOf(message, more));
  }
}

/** @param more what NestJS adds: a stack, or nothing, and last the context */
function fieldsOf(message: unknown, more: unknown[]): object {
  const context = more.at(-1);
  const stack = more.length > 1 ? { stack: more[0] } : {};
  if (message instanceof Error) return { context, err: message };
  if (typeof message === 'object' && message !== null) return { context, ...message };
  return { context, ...stack, msg: String(message) };
}
