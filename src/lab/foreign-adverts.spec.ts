import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { InMemoryLab } from './memory/in-memory-lab.js';
import { labProblems } from './lab-problems.js';

const advert = (atMs: number, source: string, priority: number) => ({ atMs, source, virtualRouterId: 20, priority });

it('names each stranger once, with what it said last, as a matter of the tier', async () => {
  const cluster = editedCluster();
  const heard: Record<string, ReturnType<typeof advert>[]> = {
    'backend-01': [advert(1, '192.168.99.130', 200), advert(2, '192.168.99.131', 1)],
    'backend-02': [advert(3, '192.168.99.130', 255)],
  };
  const observations = (await new InMemoryLab(cluster).observe()).map((observation) => ({
    ...observation,
    foreignAdverts: heard[observation.node] ?? [],
  }));
  expect(labProblems(cluster, observations)).toEqual([
    { tier: 'backend', text: 'backend: adverts for router 20 from 192.168.99.130, priority 255' },
    { tier: 'backend', text: 'backend: adverts for router 20 from 192.168.99.131, priority 1' },
  ]);
});
