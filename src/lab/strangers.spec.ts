import { expect, it } from '@jest/globals';
import { tierOf } from '../cluster/cluster.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { InMemoryLab } from './memory/in-memory-lab.js';
import { labProblems } from './lab-problems.js';
import { strangerNotes } from './strangers.js';

const advert = (atMs: number, source: string, priority: number) => ({ atMs, source, virtualRouterId: 20, priority });

it('names each stranger once, with what was heard of him last', () => {
  const nodes = [
    {
      foreignAdverts: [advert(1, '192.168.99.130', 200), advert(2, '192.168.99.131', 1)],
      addressClaims: [{ atMs: 5, mac: '02:42:c0:a8:63:82', count: 12 }],
    },
    {
      foreignAdverts: [advert(3, '192.168.99.130', 255)],
      addressClaims: [{ atMs: 4, mac: '02:42:c0:a8:63:82', count: 11 }],
    },
  ];
  expect(strangerNotes(tierOf(editedCluster(), 'backend'), nodes)).toEqual([
    'backend: adverts for router 20 from 192.168.99.130, priority 255',
    'backend: adverts for router 20 from 192.168.99.131, priority 1',
    'backend: 192.168.99.20 is also claimed by 02:42:c0:a8:63:82 (ARP, 12 times): some clients may reach it instead',
  ]);
});

it('does not take a cluster that serves for one that is not healthy', async () => {
  const cluster = editedCluster();
  const lab = new InMemoryLab(cluster);
  await lab.startForeignRouter('backend');
  const observations = await lab.observe();
  expect(observations.flatMap(({ foreignAdverts }) => foreignAdverts)).toHaveLength(2);
  expect(labProblems(cluster, observations)).toEqual([]);
});
