import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInputError } from '../common/errors.js';
import type { EventStream } from '../session/event-stream.js';

/**
 * Writes all events of a stream into a file, a line of JSON each; one that is there is replaced.
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
  const unsubscribe = stream.subscribe((event) => output.write(`${JSON.stringify(event)}\n`));
  return async () => {
    unsubscribe();
    output.end();
    await written;
  };
}
