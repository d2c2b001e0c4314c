import { expect, test } from '@jest/globals';
import { changedLines } from './changed-lines.js';

test('files that differ, with the lines that do', () => {
  const before = new Map([
    ['nodes/a/haproxy.cfg', 'frontend\n    bind :80\n    mode http\n'],
    ['nodes/a/node.env', 'A=1\n'],
  ]);
  const after = new Map([
    ['nodes/a/haproxy.cfg', 'frontend\n    mode http\n    bind :81\n    mode http\n'],
    ['nodes/a/node.env', 'A=1\n'],
  ]);
  expect(changedLines(before, after)).toEqual(['haproxy.cfg', '- bind :80', '+ bind :81', '+ mode http']);
});
