import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { quoted } from './remote.js';

test.each(['plain', '', "it's", '{"errorPath":"/$(id) `id` \\"}', 'two\nlines'])(
  'a shell prints %j as it is',
  (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${quoted(word)}`]).toString()).toBe(word);
  },
);
