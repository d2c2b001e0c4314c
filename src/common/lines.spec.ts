import { expect, it } from '@jest/globals';
import { linesTo } from './lines.js';

it.each([['one\n\ntwo\nrest'], ['one\n', '\ntwo\nre', 'st'], ['o', 'n', 'e', '\n', '\n', 't', 'wo', '\nrest']])(
  'gives whole lines, wherever the output is cut',
  (...pieces) => {
    const lines: string[] = [];
    const write = linesTo((line) => lines.push(line));
    for (const piece of pieces) write(piece);
    expect(lines).toEqual(['one', '', 'two']);
  },
);
