import { expect, it } from '@jest/globals';
import { unitStartsIn } from './unit-starts.js';

it('tells when units were started, by the clock of the machine', () => {
  const output = [
    'now 1764380000500 1000.50',
    'Id=ha-demo.service',
    'ExecMainStartTimestampMonotonic=900250000',
    '',
    'ExecMainStartTimestampMonotonic=0',
    'Id=haproxy.service',
    '',
    'ExecMainStartTimestampMonotonic=1000000000',
    'Id=keepalived.service',
    '',
  ].join('\n');
  expect([...unitStartsIn(output)]).toEqual([
    ['ha-demo', 1764379900250],
    ['keepalived', 1764380000000],
  ]);
});
