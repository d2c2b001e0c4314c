import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInputError } from '../common/errors.js';
import type { EventStream } from '../session/event-stream.js';

/**
 * Writes all events of a stream into a file, a line of JSON each; one that is there is replaced.
 * @param atMostBytes after so many it says so, and writes no more
 * @returns what ends the recording, with everything written
 * @throws InvalidInputError when the file cannot be written
 */
export async function record(stream: EventStream, file: string, atMostBytes = Infinity): Promise<() => Promise<void>> {
  const handle = await open(resolve(file), 'w').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`--record: ${file} must be a file that can be written to (${error.code})`);
  });
  const output = handle.createWriteStream();
  let unsubscribe = () => {};
  const end = (because?: string) => {
    unsubscribe();
    if (because !== undefined) console.error(`${file}: ${because}, and the rest is not recorded`);
  };
  const closed = new Promise<void>((resolve) => output.once('close', resolve));
  output.once('error', (error) => end(`it cannot be written to any more (${error.message})`));
  unsubscribe = stream.subscribe((event) => {
    if (output.bytesWritten > atMostBytes) end(`${Math.round(atMostBytes / 2 ** 20)} MiB have been recorded`);
    else output.write(`${JSON.stringify(event)}\n`);
  });
  return async () => {
    end();
    output.end();
    await closed;
  };
}
