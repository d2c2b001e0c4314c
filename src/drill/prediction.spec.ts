import { expect, it } from '@jest/globals';
import { type Hosting, tierOf } from '../cluster/cluster.js';
import { type Edits, editedCluster } from '../cluster/testing/edited-cluster.js';
import type { FaultTarget } from './fault.js';
import { frozenNode, hungHaproxy } from './prediction.js';

const LOAD = { ratePerSecond: 100, timeoutMs: 250, keepAliveConnections: 0, downloads: 0 };

function target(edits: Edits = {}, hosting: Hosting = 'containers'): FaultTarget {
  const cluster = editedCluster(edits, hosting);
  const tier = tierOf(cluster, 'frontend');
  return { cluster, tier, node: tier.nodes[0]! };
}

it.each<[string, FaultTarget, number, number]>([
  ['in pods, where the watcher sees its processes', target(), 80.2, 155.2],
  ['on machines, where patience decides', target({ profile: 'emulated' }, 'machines'), 4001.2, 6001.2],
  ['without a watcher', target({ profile: 'classic' }), 1613.3, 2613.3],
])('a hung HAProxy is found out %s', (_where, where, fromMs, untilMs) => {
  const prediction = hungHaproxy(where);
  expect(prediction.fromMs).toBeCloseTo(fromMs, 0);
  expect(prediction.untilMs).toBeCloseTo(untilMs, 0);
});

it.each<[string, Edits, number]>([
  ['its adverts alone, when the peer declares it down', {}, 60],
  ['the checks of its service as well, otherwise', { 'profiles.tuned.haproxy.markSilentMaster': false }, 550],
])('a frozen node costs %s', (_what, edits, untilMs) => {
  expect(frozenNode(target(edits), LOAD).untilMs).toBeCloseTo(untilMs, 0);
});
