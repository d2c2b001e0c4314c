import { setMaxListeners } from 'node:events';
import { Writable } from 'node:stream';
import type Docker from 'dockerode';
import type { Clock } from '../../common/clock.js';
import type { LogOptions } from '../lab.js';

/** How soon the log of a container that has come back is read on. */
const LOOK_INTERVAL_MS = 250;

type Outputs = { stdout: boolean; stderr: boolean };
type Found = { container: Docker.Container; isRunning: boolean };

/**
 * See `LogSource`.
 * @param find the container of the moment: a service may get another one
 * @param outputs of the container's two; the order between them is kept for each alone
 */
export async function writeContainerLogs(
  find: () => Promise<Found>,
  outputs: Outputs,
  target: NodeJS.WritableStream,
  { follow, tail, sinceMs = 0, timestamps = false, signal }: LogOptions,
  clock: Clock,
): Promise<void> {
  const { container } = await find();
  // In seconds, as the engine wants it.
  const what = { ...outputs, tail, since: sinceMs / 1000 };
  if (!follow) {
    target.write(withoutFrames(await container.logs({ ...what, timestamps })));
    return;
  }
  setMaxListeners(0, signal);
  const lines = new TimedLines(target, timestamps);
  await followOnce(container, { ...what, timestamps: true }, lines, signal);
  while (!signal.aborted) {
    await clock.pause(LOOK_INTERVAL_MS, signal).catch(() => signal.aborted);
    const found = await find().catch(unlessUnreachable);
    if (signal.aborted || !found?.isRunning) continue;
    const since = Math.max(what.since, lines.goOn() / 1000);
    await followOnce(found.container, { ...what, since, timestamps: true }, lines, signal);
  }
}

/** Resolves when the container ends, or the engine does. */
async function followOnce(
  container: Docker.Container,
  what: Outputs & { tail: number; since: number; timestamps: boolean },
  lines: TimedLines,
  signal: AbortSignal,
): Promise<void> {
  try {
    const stream = await container.logs({ ...what, follow: true, abortSignal: signal });
    container.modem.demuxStream(stream, lines, lines);
    await new Promise<void>((resolve, reject) => {
      stream.once('end', resolve);
      stream.once('close', resolve);
      stream.once('error', reject);
    });
  } catch (error) {
    if (!signal.aborted) unlessUnreachable(error as Error);
  }
}

/** Hands lines on: each chunk is one, and begins with the engine's time for it (RFC 3339, to the nanosecond). */
class TimedLines extends Writable {
  private last = '';
  /** Those up to then have been handed on before. */
  private doneUntil = '';

  constructor(target: NodeJS.WritableStream, timestamps: boolean) {
    super({
      write: (chunk: Buffer, _encoding, done) => {
        const end = chunk.indexOf(' ');
        const time = chunk.subarray(0, end).toString();
        if (time > this.last) this.last = time;
        if (time > this.doneUntil) {
          target.write(timestamps ? chunk : chunk.subarray(end + 1));
        }
        done();
      },
    });
  }

  /** The same lines may come again. @returns the time of the last one, epoch, ms; 0 without any */
  goOn(): number {
    this.doneUntil = this.last;
    return Date.parse(this.last) || 0;
  }
}

/** Removed, or without an engine for a while. */
function unlessUnreachable(error: Error & { code?: string; statusCode?: number }): undefined {
  const isUnreachable = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE'].includes(error.code ?? '');
  if (!isUnreachable && error.statusCode !== 404) throw error;
}

/** Engine API, "Stream format": frames of 8 bytes (kind, length) and content. */
function withoutFrames(framed: Buffer): Buffer {
  const contents: Buffer[] = [];
  for (let offset = 0; offset + 8 <= framed.length;) {
    const end = offset + 8 + framed.readUInt32BE(offset + 4);
    contents.push(framed.subarray(offset + 8, end));
    offset = end;
  }
  return Buffer.concat(contents);
}
