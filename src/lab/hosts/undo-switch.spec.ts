import { expect, it } from '@jest/globals';
import { undoneIn } from './undo-switch.js';

it('tells what a host has undone by itself, and leaves out what is longer ago', () => {
  const output = 'unplug 12400\nhang-haproxy 3000\nof-another-version 1\n';
  expect(undoneIn(output)).toEqual([
    'has plugged itself in again 12 s ago, 30 s after it was last told to wait',
    'has let its HAProxy go on 3 s ago, 30 s after it was last told to wait',
  ]);
  expect(undoneIn(output, 10_000)).toEqual([expect.stringMatching(/^has let its HAProxy go on/)]);
});
