import { describe, expect, it } from '@jest/globals';
import { check } from '../check/check.js';
import { pair, type PairEdits, replaced } from '../check/testing/pair.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { systemClock } from '../common/clock.js';
import type { Lab } from '../lab/lab.js';
import { type ServerFailure, serverDrills } from './server-drills.js';
import { trialsOf } from './trials.js';
import { type TriedServer, worldOf } from './world.js';

/** What was done, in order. */
let done: string[] = [];

const placeOf = ({ name, node }: TriedServer) => (node === undefined ? name : `${name} on ${node}`);

const control = {
  breakServers: async (servers: TriedServer[], failure: ServerFailure) =>
    void done.push(`${failure}: ${servers.map(placeOf).join()}`),
  mendServers: async (servers: TriedServer[]) => void done.push(`mended: ${servers.map(placeOf).join()}`),
};

function drillsOf(edits: PairEdits = {}, names: string[] = []) {
  const checked = pair(edits);
  const world = worldOf(checked);
  const { whatIf } = check(checked);
  const [trial] = trialsOf(world, whatIf, { name: 'mine', model: editedCluster(), load: LOAD, runs: 1, names });
  return serverDrills(trial!, world.servers, whatIf, control, { runs: 1, names });
}

const lab = {
  observe: async () => [{ node: 'lb1', vipsHeld: ['10.20.30.100'] }],
  traits: { lookIntervalMs: 1, healthyWithinMs: 1_000 },
  clock: systemClock,
} as unknown as Lab;
const LOAD = { ratePerSecond: 1, timeoutMs: 1, keepAliveConnections: 0, downloads: 0 };

describe('drills of servers', () => {
  it('break one, or all that clients are led to, and mend the same', async () => {
    done = [];
    const more = (text: string) => `${text}\nbackend other\n    server far 10.20.30.29:8080 check\n`;
    for (const { fault, target } of drillsOf({ haproxy: more }, ['kill-server', 'hang-all-servers'])) {
      await fault.inject(lab, target, AbortSignal.timeout(1_000));
      await fault.heal(lab, target);
    }
    expect(done).toEqual([
      ...['dies: pool/app1', 'mended: pool/app1'],
      ...['hangs: pool/app1,pool/app2', 'mended: pool/app1,pool/app2'],
    ]);
  });

  it.each<[string, PairEdits, string, object]>([
    ['until it is taken out, at the most', {}, 'kill-server', { fromMs: 0, untilMs: 2_000 }],
    ['for ever without a check', { haproxy: replaced(' check inter 1s fall 2', '') }, 'kill-server', { untilMs: null }],
    ['while it lasts', {}, 'kill-all-servers', { fromMs: 0, untilMs: null, because: expect.stringContaining('503') }],
    ['not known', {}, 'hang-server', { untilMs: null, because: expect.stringContaining('does not tell') }],
  ])('are predicted: %s', (_what, edits, name, prediction) => {
    const [drill] = drillsOf(edits, [name]);
    expect(drill!.fault.predict(drill!.target, LOAD)).toMatchObject(prediction);
  });

  it('are not judged where check does not tell', () => {
    const outcomes = drillsOf().map(({ fault, row }) => [fault.name, row.on, row.outcome]);
    expect(outcomes).toEqual([
      ['kill-server', 'pool/app1', 'unchanged'],
      ['hang-server', 'pool/app1', 'unknown'],
      ['kill-all-servers', 'pool', 'unchanged'],
      ['hang-all-servers', 'pool', 'unknown'],
    ]);
  });

  it('on ports of the nodes themselves are of the master, one, and of all nodes, all', async () => {
    done = [];
    const own = replaced('10.20.30.21', '127.0.0.1');
    for (const { fault, target } of drillsOf({ haproxy: own }, ['kill-server', 'kill-all-servers']))
      await fault.inject(lab, target, AbortSignal.timeout(1_000));
    expect(done).toEqual(['dies: pool/app2', 'dies: pool/app2,pool/app1 on lb1,pool/app1 on lb2']);
    done = [];
    const both = (text: string) => text.replaceAll(/10\.20\.30\.2(\d)/g, '127.0.0.$1');
    const [one] = drillsOf({ haproxy: both }, ['kill-server']);
    await one!.fault.inject(lab, one!.target, AbortSignal.timeout(1_000));
    expect(done).toEqual(['dies: pool/app1 on lb1']);
  });

  it('are of the default backend first, and of spare servers last', () => {
    const haproxy = (text: string) =>
      text
        .replace('default_backend pool', 'use_backend api if { path_beg /api }\n    default_backend pool')
        .replace('\nbackend pool', '\nbackend api\n    server a1 10.20.30.31:80\nbackend pool')
        .replace('10.20.30.21:8080 check', '10.20.30.21:8080 check backup');
    expect(worldOf(pair({ haproxy })).servers.map(({ name }) => name)).toEqual(['pool/app2', 'api/a1', 'pool/app1']);
  });

  it('of hosts that several backends name are of the one that clients are led to', () => {
    const haproxy = replaced('\nbackend pool', '\nbackend first\n    server x 10.20.30.21:8080\nbackend pool');
    expect(worldOf(pair({ haproxy })).servers.map(({ name }) => name)).toEqual(['pool/app1', 'pool/app2']);
  });

  it('are watched for as long as it takes to take one out', () => {
    const [drill] = drillsOf({ haproxy: replaced('inter 1s fall 2', 'inter 9s fall 3') }, ['kill-server']);
    expect(drill!.hold!.longerMs).toBeGreaterThan(27_000);
  });

  it('are none where nothing stands in for a server', () => {
    expect(drillsOf({ haproxy: (text) => text.replaceAll(/10\.20\.30\.2(\d):8080/g, 'unix@/run/$1.sock') })).toEqual(
      [],
    );
  });
});
