import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { JSON_CONTENT_TYPE, prettyJson } from './pretty-json.js';

const PIECES = 31;
/** Shorter than HAProxy lets a server be silent for, in any profile. */
const PIECE_INTERVAL_MS = 100;
const PIECE_LENGTH = 512;

/**
 * An answer that takes 3 s, in small pieces and of a known length: what a failure in the middle of an answer does to a
 * client shows in it. Spaces after the JSON make up its length.
 */
export function downloadOf(answer: unknown): StreamableFile {
  const body = Buffer.from(prettyJson(answer).padEnd(PIECES * PIECE_LENGTH));
  return new StreamableFile(new SlowReadable(body), { type: JSON_CONTENT_TYPE, length: body.length });
}

/** Its schedule does not shift: a busy process sends late pieces at once, and is done in time. */
class SlowReadable extends Readable {
  private readonly startMs = performance.now();
  private sent = 0;
  private timer?: NodeJS.Timeout;

  constructor(private readonly body: Buffer) {
    super();
  }

  override _read(): void {
    const dueMs = this.startMs + this.sent * PIECE_INTERVAL_MS;
    this.timer = setTimeout(() => this.sendPiece(), Math.max(0, dueMs - performance.now()));
  }

  /** Also when the client has gone away. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.timer);
    done(error);
  }

  private sendPiece(): void {
    const from = this.sent * PIECE_LENGTH;
    this.sent += 1;
    this.push(this.body.subarray(from, from + PIECE_LENGTH));
    if (this.sent === PIECES) this.push(null);
  }
}
