import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import { arrangementsOf } from './arrangement.js';
import { type Measurement, throughputOf } from './figures.js';

const CLUSTER_FILE = fileURLToPath(new URL('../../cluster.yaml', import.meta.url));

/** @param cpuMs that each container has taken */
function round(requests: number, cpuMs: Record<string, number>, errors = 0): Measurement {
  const usages = (share: number) =>
    Object.entries(cpuMs).map(([name, ms]) => {
      const [node, role] = name.split(' ');
      return { node: node!, role: role!, cpuMs: 5000 + ms * share, memoryBytes: 2 ** 21 };
    });
  const latency = { p50Us: 1000, p90Us: 2000, p99Us: 3000, maxUs: 4000 };
  return { result: { requests, durationUs: 2e6, errors, ...latency }, before: usages(0), after: usages(1) };
}

describe('throughputOf', () => {
  it('takes the medians of the rounds, of what each container costs, too', async () => {
    const cluster: Cluster = await loadCluster(CLUSTER_FILE);
    const [chain] = arrangementsOf();
    const rounds = [
      round(1000, { 'frontend-01 app': 500 }, 1),
      round(2000, { 'frontend-01 app': 800 }, 2),
      round(4000, { 'frontend-01 app': 1200 }),
    ];
    expect(throughputOf(chain!, cluster, rounds)).toMatchObject({
      name: 'chain',
      requestsPerSecond: 1000,
      errors: 3,
      containers: [{ name: 'frontend-01 app', tier: 'frontend', role: 'app', cpuMsPer1000Requests: 400, memoryMb: 2 }],
    });
  });
});

describe('arrangementsOf', () => {
  it('has the three of the lab alone, and three more with another commit', () => {
    expect(arrangementsOf().map(({ name }) => name)).toEqual(['chain', 'services', 'bare']);
    expect(arrangementsOf('a47d416').map(({ servers, haproxies }) => `${servers}/${haproxies}`)).toEqual([
      'own/own',
      'against/against',
      'own/none',
      'bare/own',
      'own/against',
      'bare/against',
    ]);
  });
});
