import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Cluster, type Tier, tierOf } from '../cluster/cluster.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { FakeClock } from '../common/testing/fake-clock.js';
import { labProblems } from '../lab/lab-problems.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { CATALOGUE, faultNamed } from './catalogue.js';
import { type FaultTarget, usualNodeFor } from './fault.js';

const LOAD = { ratePerSecond: 100, timeoutMs: 250, keepAliveConnections: 0, downloads: 0 };

let cluster: Cluster;
let lab: InMemoryLab;
let tier: Tier;
beforeEach(() => {
  cluster = editedCluster();
  lab = new InMemoryLab(cluster, new FakeClock());
  tier = tierOf(cluster, 'backend');
});

describe.each(CATALOGUE.map((fault) => [fault.name, fault] as const))('%s', (_name, fault) => {
  const targetOf = (): FaultTarget => ({ cluster, tier, node: usualNodeFor(fault, tier) });

  it('has its effect, is healed, and can be healed twice', async () => {
    const target = targetOf();
    const hasEffect = fault.missingEffect && fault.name !== 'partition-node';
    if (hasEffect) expect(fault.missingEffect!(target, await lab.observe())).not.toEqual([]);
    await fault.inject(lab, target, new AbortController().signal);
    if (hasEffect) expect(fault.missingEffect!(target, await lab.observe())).toEqual([]);
    await fault.heal(lab, target);
    await fault.heal(lab, target);
    expect(labProblems(cluster, await lab.observe())).toEqual([]);
    expect(lab.appFaults.get(target.node.name) ?? {}).toEqual({});
    expect([...lab.processorShares]).toEqual([]);
  });

  it('is predicted', () => {
    const { fromMs, untilMs, because } = fault.predict(targetOf(), LOAD);
    expect(fromMs).toBeGreaterThanOrEqual(0);
    expect(untilMs ?? Infinity).toBeGreaterThanOrEqual(fromMs);
    expect(because).not.toBe('');
  });
});

it('starve-node leaves the service of the node alone', async () => {
  const target: FaultTarget = { cluster, tier, node: tier.nodes[0]! };
  await faultNamed('starve-node').inject(lab, target, new AbortController().signal);
  expect([...lab.processorShares.keys()].toSorted()).toEqual(['backend-01 haproxy', 'backend-01 keepalived']);
});

it('restart-engine says why a lab cannot do it', () => {
  const reasonIn = (hosting: Cluster['hosting'], restartsEngine: boolean) =>
    faultNamed('restart-engine').skippedBecause!({ ...lab.capabilities, restartsEngine }, { ...cluster, hosting });
  expect(reasonIn('containers', true)).toBeUndefined();
  expect(reasonIn('containers', false)).toBe('the engine is not one that ./ha-demo has started');
  expect(reasonIn('machines', false)).toBe('machines run no engine');
});

it('has no name twice', () => {
  expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
});

it.each([
  ['lossy-link 0.2', '20 % of the packets to a node get lost'],
  ['lossy-link .05', '5 % of the packets to a node get lost'],
  ['slow-app 1.5s', 'a service answers 1500 ms later than it would; its health checks stay good'],
])('knows %s', (name, description) => {
  expect(faultNamed(name)).toMatchObject({ name, description });
});

it.each([
  ['lossy-link 0', 'parameter: 0 must be the share of packets that get lost, above 0 and below 1, such as 0.2'],
  ['lossy-link 1.5', 'parameter: 1.5 must be the share'],
  ['lossy-link ', 'parameter:  must be the share'],
  ['slow-app 100', 'parameter: 100 must be a duration from 1ms to 60s, such as 250ms'],
  ['slow-app 61s', 'parameter: 61s must be a duration'],
  ['kill-app 3', 'parameter: 3: kill-app takes none'],
])('refuses %j', (name, message) => {
  expect(() => faultNamed(name)).toThrow(message);
});

it('heals a fault with a parameter, whose name is all that the journal has', async () => {
  const target: FaultTarget = { cluster, tier, node: tier.nodes[0]! };
  await faultNamed('slow-app 250ms').inject(lab, target, new AbortController().signal);
  expect(lab.appFaults.get('backend-01')).toEqual({ delayMs: 250 });
  await faultNamed('slow-app 250ms').heal(lab, target);
  expect(lab.appFaults.get('backend-01')).toEqual({});
});

it.each([
  ['slow-app', 'tuned', 0],
  ['slow-app 200ms', 'tuned', 0],
  ['slow-app 3s', 'classic', null],
])('predicts of %s under %s what HAProxy’s patience makes of it', (name, profile, untilMs) => {
  const own = editedCluster({ profile });
  const ofTier = tierOf(own, 'backend');
  const target = { cluster: own, tier: ofTier, node: ofTier.nodes[0]! };
  expect(faultNamed(name).predict(target, LOAD).untilMs).toBe(untilMs);
});

it('refuses another name, and says which there are', () => {
  expect(() => faultNamed('kill-proxy')).toThrow(/^fault: kill-proxy must be one of stop-app, .*kill-haproxy/);
});

it.each([
  ['tuned', { fromMs: 0, untilMs: 0 }],
  ['classic', { fromMs: 0, untilMs: 1000 }],
])('predicts of lose-vip under %s how long nothing has the address, the loopback included', (profile, expected) => {
  const own = editedCluster({ profile });
  const ofTier = tierOf(own, 'backend');
  const target = { cluster: own, tier: ofTier, node: ofTier.nodes[0]! };
  expect(faultNamed('lose-vip').predict(target, LOAD)).toMatchObject(expected);
});
