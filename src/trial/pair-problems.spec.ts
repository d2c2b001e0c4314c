import { describe, expect, it } from '@jest/globals';
import type { NodeObservation } from '../lab/lab.js';
import { pairProblems } from './pair-problems.js';

describe('the steady state', () => {
  const seen = (node: string, vipsHeld: string[], more: Partial<NodeObservation> = {}) =>
    ({
      ...{ node, power: 'on', vipsHeld, services: { app: 'up', haproxy: 'up', keepalived: 'up' } },
      ...more,
    }) as NodeObservation;
  const missing = pairProblems(new Map([['10.20.30.100', ['lb1']]]));

  it('is there when all is on, and the master has the virtual IP', () => {
    expect(missing([seen('lb1', ['10.20.30.100']), seen('lb2', [])])).toEqual([]);
  });

  it.each<[string, NodeObservation[], string]>([
    ['the other one', [seen('lb1', []), seen('lb2', ['10.20.30.100'])], '10.20.30.100 is at lb2, not at lb1'],
    ['nobody', [seen('lb1', []), seen('lb2', [])], '10.20.30.100 is at no node, not at lb1'],
    ['no carrier', [seen('lb1', ['10.20.30.100']), seen('lb2', [], { link: 'down' })], 'lb2: has no carrier'],
    ['off', [seen('lb1', ['10.20.30.100']), seen('lb2', [], { power: 'off' })], 'lb2: is off'],
    [
      'a service',
      [seen('lb1', ['10.20.30.100'], { services: { app: 'up', haproxy: 'down', keepalived: 'up' } }), seen('lb2', [])],
      'lb1: haproxy is down',
    ],
    [
      'nobody is told',
      [
        seen('lb1', ['10.20.30.100']),
        seen('lb2', [], { link: 'unknown', services: { app: 'none', haproxy: 'down', keepalived: 'down' } }),
      ],
      'lb2: does not answer',
    ],
  ])('is not: %s', (_what, observations, problem) => {
    expect(missing(observations)).toEqual([problem]);
  });

  it('is there, whoever has the virtual IP, where the one that begins does not take it back', () => {
    const anybody = pairProblems(new Map([['10.20.30.100', null]]));
    expect(anybody([seen('lb1', []), seen('lb2', ['10.20.30.100'])])).toEqual([]);
    expect(anybody([seen('lb1', []), seen('lb2', [])])).toEqual(['10.20.30.100 is at no node, not at one node']);
    expect(anybody([seen('lb1', ['10.20.30.100']), seen('lb2', ['10.20.30.100'])])).toHaveLength(1);
  });
});
