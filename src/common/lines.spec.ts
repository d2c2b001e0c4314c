import { expect, it } from '@jest/globals';
import { lineStream, linesTo } from './lines.js';

it.each([['one\n\ntwo\nrest'], ['one\n', '\ntwo\nre', 'st'], ['o', 'n', 'e', '\n', '\n', 't', 'wo', '\nrest']])(
  'gives whole lines, wherever the output is cut',
  (...pieces) => {
    const lines: string[] = [];
    const write = linesTo((line) => lines.push(line));
    for (const piece of pieces) write(piece);
    expect(lines).toEqual(['one', '', 'two']);
  },
);

it('gives whole characters, wherever a stream is cut', () => {
  const lines: string[] = [];
  const stream = lineStream((line) => lines.push(line));
  for (const byte of Buffer.from('Grüße\n')) stream.write(Buffer.of(byte));
  stream.write('two\n');
  expect(lines).toEqual(['Grüße', 'two']);
});
