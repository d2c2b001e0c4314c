import { describe, expect, test } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import type { NodeObservation } from './lab.js';
import type { LabProblem } from './lab-problems.js';
import { InMemoryLab } from './memory/in-memory-lab.js';
import { whatGotWorse, worthOf } from './node-worth.js';

const cluster = editedCluster();
const URL = 'http://192.168.99.12:80/frontend';

async function observed(node: string, changes: Partial<NodeObservation>): Promise<NodeObservation[]> {
  return (await new InMemoryLab(cluster).observe()).map((observation) =>
    observation.node === node ? { ...observation, ...changes } : observation,
  );
}

const texts = (problems: LabProblem[]) => problems.map(({ text }) => text);

describe('worthOf', () => {
  test('a node that works, and answers, is worth all that it can be', async () => {
    expect(worthOf(cluster, await observed('frontend-01', {}), 'frontend-02', { url: URL, status: 200 })).toEqual([]);
  });

  test.each([
    [503, 'frontend-02: its HAProxy answers 503 to GET http://192.168.99.12:80/frontend'],
    [undefined, 'frontend-02: its HAProxy does not answer GET http://192.168.99.12:80/frontend'],
  ])('an answer of %s is a problem', async (status, text) => {
    const nodes = await observed('frontend-01', {});
    expect(texts(worthOf(cluster, nodes, 'frontend-02', { url: URL, status }))).toEqual([text]);
  });

  test('a server that its HAProxy does not see counts, of whichever node it is', async () => {
    const servers = [
      { name: 'frontend-01', status: 'DOWN', check: 'L4CON' },
      { name: 'frontend-02', status: 'UP', check: 'L7OK' },
    ];
    const nodes = await observed('frontend-02', { servers });
    expect(texts(worthOf(cluster, nodes, 'frontend-02', { url: URL, status: 200 }))).toEqual([
      'frontend-02: its HAProxy does not see frontend-01 up',
    ]);
  });

  test('a server of a node that is off does not', async () => {
    const lab = new InMemoryLab(cluster);
    await lab.killNode('frontend-01');
    expect(worthOf(cluster, await lab.observe(), 'frontend-02', { url: URL, status: 200 })).toEqual([]);
  });

  test('what a peer sees of it counts, and nothing else of the peer', async () => {
    const servers = [
      { name: 'frontend-01', status: 'UP', check: 'L7OK' },
      { name: 'frontend-02', status: 'DOWN', check: 'L4CON' },
    ];
    const nodes = await observed('frontend-01', { servers, vrrpState: 'FAULT', vipsHeld: [] });
    expect(texts(worthOf(cluster, nodes, 'frontend-02', { url: URL, status: 200 }))).toEqual([
      'frontend-01: its HAProxy does not see frontend-02 up',
    ]);
  });
});

describe('whatGotWorse', () => {
  const inFault: LabProblem = { node: 'frontend-02', service: 'keepalived', text: 'VRRP state is FAULT' };
  const ended: LabProblem = { node: 'frontend-02', service: 'keepalived', isDown: true, text: 'keepalived is down' };

  test.each<[string, LabProblem[], LabProblem[], LabProblem[]]>([
    ['what was not there before', [], [inFault], [inFault]],
    ['what was there is no worse, whatever it says now', [inFault], [{ ...inFault, text: 'since 12:00' }], []],
    ['a service that has ended is worse than one in trouble', [inFault], [ended], [ended]],
    ['one in trouble is better than one that had ended', [ended], [inFault], []],
    [
      'the same on another node',
      [inFault],
      [{ ...inFault, node: 'frontend-01' }],
      [{ ...inFault, node: 'frontend-01' }],
    ],
    ['a node that was off is to be worth all', [{ node: 'frontend-02', text: 'is off' }], [inFault], [inFault]],
  ])('%s', (_, before, after, worse) => {
    expect(whatGotWorse(before, after)).toEqual(worse);
  });
});
