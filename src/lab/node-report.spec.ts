import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { aNodeReport } from '../node/testing/a-node-report.js';
import { labProblems } from './lab-problems.js';
import { observationOf, toldBy } from './node-report.js';

const UP = { app: 'up', haproxy: 'up', keepalived: 'up' } as const;
const observed = (output: string) => observationOf(editedCluster(), 'backend-01', 'on', UP, toldBy(output));

it('takes what the node tells', () => {
  const detectors = [{ name: 'haproxy-gone', sinceSeconds: 1764244801.25 } as const];
  const addresses = [
    { interface: 'eth0', address: '192.168.99.21' },
    { interface: 'vrrp.20', address: '192.168.99.20' },
  ];
  expect(observed(aNodeReport({ vrrpState: 'FAULT', detectors, addresses }))).toMatchObject({
    ...{ vrrpState: 'FAULT', link: 'up', vipsHeld: ['192.168.99.20'] },
    detectors: [{ name: 'haproxy-gone', sinceMs: 1764244801250 }],
  });
});

it('knows that nothing has a place in /run/ha-demo any more', () => {
  expect(observed(aNodeReport({ runFolderFreeBlocks: 0 })).runFolderFull).toBe(true);
  expect(observed(aNodeReport()).runFolderFull).toBeUndefined();
  expect(observed('').runFolderFull).toBeUndefined();
});

it.each([
  ['is of an older version', 'vrrp-state MASTER\nlink up\n', 'it is no JSON: vrrp-state MASTER'],
  ['has another field', aNodeReport({ mood: 'good' } as object), 'mood: "good": property mood should not exist'],
  [
    'has a state that there is not',
    aNodeReport({ vrrpState: 'LEADER' as 'MASTER' }),
    'vrrpState: "LEADER": vrrpState must be one of the following values: MASTER, BACKUP, FAULT, STARTING, STOP, unknown',
  ],
])('does not guess at a report that %s: the node has a problem', (_what, output, reason) => {
  const observation = observed(output);
  expect(observation).toMatchObject({ unreadable: reason, vrrpState: 'unknown', vipsHeld: [] });
  const problems = labProblems(editedCluster(), [observation]).map(({ text }) => text);
  expect(problems).toContain(`backend-01: what it tells is not understood, since it is of another version: ${reason}`);
});
