import { expect, it } from '@jest/globals';
import { timedLines } from './journal.js';

it('gives each line of an entry the time of the entry, wherever the output is cut', () => {
  const entries = [
    { __REALTIME_TIMESTAMP: '1764353877123456', MESSAGE: 'one\ntwo' },
    { __REALTIME_TIMESTAMP: '1764353878000000', MESSAGE: [...Buffer.from('not \xff UTF-8', 'latin1')] },
  ];
  const output = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  let lines = '';
  const journal = timedLines((text) => (lines += text));
  for (const letter of output) journal.write(letter);
  expect(lines).toBe(
    '2025-11-28T18:17:57.123Z one\n2025-11-28T18:17:57.123Z two\n2025-11-28T18:17:58.000Z not \ufffd UTF-8\n',
  );
});
