import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Cuts an output that comes in pieces into its lines.
 * @param take gets each line, without its end, once all of it has come
 * @returns what takes the pieces
 */
export function linesTo(take: (line: string) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    lines.forEach(take);
  };
}

/** The same for what is written to a stream, as text in UTF-8. */
export function lineStream(take: (line: string) => void): Writable {
  const write = linesTo(take);
  const decoder = new StringDecoder();
  return new Writable({
    decodeStrings: false,
    write(piece: Buffer | string, _encoding, done) {
      write(typeof piece === 'string' ? piece : decoder.write(piece));
      done();
    },
  });
}
