import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInputError } from '../common/errors.js';
import type { EventStream } from '../session/event-stream.js';

/** What an hour or two of events take; a console that is forgotten must not fill a disk. */
const AT_MOST_BYTES = 2 ** 30;

/**
 * Writes all events of a stream into a file, a line of JSON each; one that is there is replaced. After a gigabyte it
 * says so, and writes no more.
 * @returns what ends the recording, with everything written
 * @throws InvalidInputError when the file cannot be written
 */
export async function record(stream: EventStream, file: string): Promise<() => Promise<void>> {
  const handle = await open(resolve(file), 'w').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`--record: ${file} must be a file that can be written to (${error.code})`);
  });
  const output = handle.createWriteStream();
  const written = new Promise<void>((done, failed) => {
    output.once('close', done);
    output.once('error', failed);
  });
  const unsubscribe = stream.subscribe((event) => {
    if (output.bytesWritten > AT_MOST_BYTES) {
      unsubscribe();
      console.error(`${file}: a gigabyte has been recorded, and the rest is not`);
    } else output.write(`${JSON.stringify(event)}\n`);
  });
  return async () => {
    unsubscribe();
    output.end();
    await written;
  };
}
