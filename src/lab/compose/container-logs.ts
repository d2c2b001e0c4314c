import { setMaxListeners } from 'node:events';
import type Docker from 'dockerode';
import type { LogOptions } from '../lab.js';

/** @param outputs of the container's two; the order between them is kept for each alone */
export async function writeContainerLogs(
  container: Docker.Container,
  outputs: { stdout: boolean; stderr: boolean },
  target: NodeJS.WritableStream,
  { follow, tail, timestamps = false, signal }: LogOptions,
): Promise<void> {
  const what = { ...outputs, tail, timestamps };
  if (!follow) {
    target.write(withoutFrames(await container.logs(what)));
    return;
  }
  const stream = await container.logs({ ...what, follow: true, abortSignal: signal });
  setMaxListeners(0, signal);
  container.modem.demuxStream(stream, target, target);
  await new Promise<void>((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', (error) => (signal.aborted ? resolve() : reject(error)));
  });
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
