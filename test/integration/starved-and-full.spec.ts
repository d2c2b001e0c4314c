import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tierOf } from '../../src/cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { movesOfTier } from '../../src/lab/moves.js';
import { problemTexts } from '../../src/lab/lab-problems.js';
import { faultNamed } from '../../src/drill/catalogue.js';
import type { FaultTarget } from '../../src/drill/fault.js';
import { RunningLab } from '../support/running-lab.js';
import { assertRunsOnly } from '../../src/lab/compose/owned-engine.js';
import { losses, NOTHING_LOST } from '../support/while-probed.js';

/* Nodes that lack something: processor time, or a place to write. */

let running: RunningLab;
let target: FaultTarget;
let first: string;
let second: string;

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-load', network: '192.168.87', portOffset: 1000 });
  const tier = tierOf(running.cluster, 'backend');
  target = { cluster: running.cluster, tier, node: tier.nodes[0]! };
  [first, second] = tier.nodes.map(({ name }) => name) as [string, string];
}, 180_000);

afterAll(() => running?.stop(), 60_000);

const notAborted = new AbortController().signal;

test('a starved node stands still for most of each period; afterwards it is as the topology defines it', async () => {
  const starveNode = faultNamed('starve-node');
  const throttled = async (service: string) =>
    (await running.container(`${first}-${service}`).stats({ stream: false })).cpu_stats.throttling_data;
  // Control groups of version 1 or 2.
  const quotaOf = async (service: string) => {
    const ask = 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d " " -f 1 /sys/fs/cgroup/cpu.max';
    const quota = (await running.inContainer(`${first}-${service}`, ['sh', '-c', ask])).trim();
    return quota === 'max' ? '-1' : quota;
  };
  const before = await throttled('keepalived');
  await running.whileProbed(async () => {
    await starveNode.inject(running.lab, target, notAborted);
    const missing = async () => {
      const { throttled_periods: periods } = await throttled('keepalived');
      return periods > before.throttled_periods + 5 ? [] : [`${periods} periods`];
    };
    await waitUntilNothingIsMissing('keepalived stands still by times', missing, { deadlineMs: 20_000 });
    await starveNode.heal(running.lab, target);
  });
  const after = await throttled('keepalived');
  const stallMs =
    (after.throttled_time - before.throttled_time) / (after.throttled_periods - before.throttled_periods) / 1e6;
  expect(stallMs).toBeGreaterThan(50);
  // What waits for its share is not what cannot go on.
  expect(await running.logsOf(`${first}-keepalived`)).not.toMatch(/HAProxy is silent: (stopped|frozen|blocked)/);
  expect(await Promise.all(['haproxy', 'keepalived'].map(quotaOf))).toEqual(['-1', '-1']);
  await running.untilHealthy();
}, 90_000);

test('an engine that runs something else is not ended', async () => {
  await expect(assertRunsOnly(running.engine, 'another-lab')).rejects.toThrow(
    /^the engine also runs .*ha-demo-load-backend-01-haproxy-1/,
  );
});

test('with a full /run/ha-demo a node goes on, reloads, gives its virtual IP away and takes it back', async () => {
  const fullDisk = faultNamed('full-disk');
  const inHaproxy = (script: string) =>
    running.inContainer(`${first}-haproxy`, ['bash', '-c', `set -euo pipefail; ${script}`]);
  const files = async () => (await inHaproxy('ls /run/ha-demo --ignore="*.sock*"')).split('\n');
  const before = { files: await files(), configuration: await inHaproxy('cat /run/ha-demo/haproxy.cfg') };
  const becameMaster = movesOfTier(target.tier, await running.lab.observe()).count;
  await fullDisk.inject(running.lab, target, notAborted);
  expect(problemTexts(running.cluster, running.lab.traits, await running.lab.observe())).toEqual([
    `${first}: /run/ha-demo is full`,
  ]);

  const planned = await running.whileProbed(async () => {
    await running.lab.reloadHaproxy(first);
    for (const service of ['haproxy', 'keepalived'] as const) {
      await running.lab.stopService(first, service);
      await running.untilHeldBy('backend', second);
      await running.lab.startService(first, service);
      await running.untilHeldBy('backend', first);
    }
  });
  expect(losses(planned)).toEqual(NOTHING_LOST);
  await running.lab.killService(first, 'haproxy');
  await running.untilHeldBy('backend', second);
  await running.lab.startService(first, 'haproxy');
  await running.untilHeldBy('backend', first);
  await running.container(`${first}-haproxy`).pause();
  await running.untilHeldBy('backend', second);
  await running.container(`${first}-haproxy`).unpause();
  await running.untilHeldBy('backend', first);

  // Another configuration has no place: all of it is taken, or nothing.
  await expect(
    inHaproxy('source /usr/lib/ha-demo/node.sh; adopt /usr/lib/ha-demo/node.sh $run/haproxy.cfg true'),
  ).rejects.toThrow(/haproxy.cfg.new': No space left/);
  expect(await inHaproxy('cat /run/ha-demo/haproxy.cfg')).toBe(before.configuration);
  const observed = (await running.lab.observe()).find(({ node }) => node === first);
  expect(observed).toMatchObject({ vrrpState: 'MASTER', secondChance: 'active', detectors: [] });
  expect(await running.logsOf(`${first}-keepalived`)).toContain('the record of moves cannot be written');

  await fullDisk.heal(running.lab, target);
  await running.untilHealthy();
  expect(await files()).toEqual(before.files);
  // What could not be written down then is with the next move.
  await running.lab.stopService(first, 'haproxy');
  await running.untilHeldBy('backend', second);
  await running.lab.startService(first, 'haproxy');
  await running.untilHealthy();
  const { count } = movesOfTier(target.tier, await running.lab.observe());
  expect(count - becameMaster).toBeGreaterThan(4);
}, 180_000);
