import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tierOf } from '../../src/cluster/cluster.js';
import { RunningLab } from '../support/running-lab.js';
import { losses, NOTHING_LOST } from '../support/while-probed.js';

/* What a node sees in the kernel of an HAProxy that hangs, and hears of a master that is gone. */

let running: RunningLab;
let first: string;
let second: string;

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-detection', network: '192.168.85', portOffset: 1200 });
  [first, second] = tierOf(running.cluster, 'backend').nodes.map(({ name }) => name) as [string, string];
}, 180_000);

afterAll(() => running?.stop(), 60_000);

/** Of all of a node's log lines, the messages that match. */
async function messages(node: string, pattern: RegExp): Promise<string[]> {
  const lines = (await running.logsOf(`${node}-keepalived`)).split('\n').filter((line) => line.startsWith('{'));
  return lines
    .map((line) => (JSON.parse(line) as { message?: string }).message ?? '')
    .filter((text) => pattern.test(text));
}

/** The status of a node's server, as HAProxy of another one has it. */
async function statusOf(server: string, asSeenBy: string): Promise<string | undefined> {
  const seen = (await running.lab.observe()).find(({ node }) => node === asSeenBy);
  return seen?.servers.find(({ name }) => name === server)?.status;
}

/** To HAProxy's worker, whose parent is HAProxy as well. */
const SIGNAL_WORKER = `
  for folder in /proc/[0-9]*; do
    read -r _ name _ parent _ <"$folder/stat"
    [ "$name" = '(haproxy)' ] && [ "$(<"/proc/$parent/comm")" = haproxy ] && kill "-$1" "\${folder#/proc/}"
  done; true`;

const signalWorker = (signal: string) =>
  running.inContainer(`${first}-haproxy`, ['bash', '-c', SIGNAL_WORKER, 'bash', signal]);

test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
  ['frozen', () => running.lab.suspendService(first, 'haproxy'), () => running.lab.resumeService(first, 'haproxy')],
  ['stopped', () => signalWorker('STOP'), () => signalWorker('CONT')],
])(
  'an HAProxy that is %s is found out before its time is over, and the log says so',
  async (state, hang, goOn) => {
    await hang();
    await running.untilHeldBy('backend', second);
    const told = (await messages(first, /^HAProxy is silent/)).at(-1);
    expect(told).toMatch(new RegExp(`^HAProxy is silent: ${state}, with a question unread for \\d+ ms$`));
    const { requestFall, requestTimeoutMs } = running.cluster.profile.detection;
    expect(Number(/\d+/.exec(told!))).toBeLessThan(requestFall * requestTimeoutMs);
    await goOn();
    await running.untilHealthy();
    await running.untilHeldBy('backend', first);
    expect((await messages(first, /^HAProxy /)).at(-1)).toBe('HAProxy answers');
  },
  60_000,
);

test('a reload is no silence', async () => {
  const before = await messages(first, /^HAProxy /);
  for (let times = 0; times < 3; times += 1) await running.lab.reloadHaproxy(first);
  expect(await messages(first, /^HAProxy /)).toEqual(before);
}, 60_000);

const DECLARED = /was master and has sent no advert for \d+ ms, without a goodbye: its server is down/;

test('the server of a master that is frozen is down at once, and up again when it goes on', async () => {
  await running.lab.suspendNode(first);
  await running.untilHeldBy('backend', second);
  expect(await messages(second, DECLARED)).toHaveLength(1);
  expect(await statusOf(first, second)).toMatch(/^DOWN/);
  await running.lab.resumeNode(first);
  await running.untilHealthy();
}, 60_000);

test('a keepalived that dies alone takes its server away until two checks are good, and loses nothing', async () => {
  const before = await messages(second, DECLARED);
  const summary = await running.whileProbed(async () => {
    await running.lab.killService(first, 'keepalived');
    await running.until('the peer has declared it down', (nodes) =>
      nodes.find(({ node }) => node === second)?.vrrpState === 'MASTER' ? [] : [second],
    );
    await running.until('its server is up again', (nodes) => {
      const { servers } = nodes.find(({ node }) => node === second)!;
      return servers.filter(({ status }) => status !== 'UP').map(({ name, status }) => `${name} ${status}`);
    });
    await running.lab.startService(first, 'keepalived');
    await running.untilHealthy();
    await running.untilHeldBy('backend', first);
  });
  expect(losses(summary)).toEqual(NOTHING_LOST);
  expect(await messages(second, DECLARED)).toHaveLength(before.length + 1);
}, 60_000);

test('neither a planned stop nor a preemption takes a server away', async () => {
  const before = await Promise.all([first, second].map((node) => messages(node, DECLARED)));
  await running.lab.stopService(first, 'keepalived');
  await running.untilHeldBy('backend', second);
  await running.lab.startService(first, 'keepalived');
  await running.untilHealthy();
  await running.untilHeldBy('backend', first);
  expect(await Promise.all([first, second].map((node) => messages(node, DECLARED)))).toEqual(before);
}, 60_000);

test('the last server stays', async () => {
  const before = await messages(second, DECLARED);
  await running.lab.stopService(second, 'app');
  await running.until("the node's own server is down", (nodes) => {
    const { servers } = nodes.find(({ node }) => node === second)!;
    return servers.find(({ name }) => name === second)!.status.startsWith('DOWN') ? [] : [second];
  });
  await running.lab.killService(first, 'keepalived');
  await running.until('the peer is master', (nodes) =>
    nodes.find(({ node }) => node === second)?.vrrpState === 'MASTER' ? [] : [second],
  );
  expect(await statusOf(first, second)).toBe('UP');
  expect(await messages(second, DECLARED)).toEqual(before);
  await running.lab.startService(second, 'app');
  await running.lab.startService(first, 'keepalived');
  await running.untilHealthy();
}, 60_000);
