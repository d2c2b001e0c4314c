import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tierOf } from '../../src/cluster/cluster.js';
import { RunningLab } from '../support/running-lab.js';
import { createVeth, removeVeth } from '../support/engine-host.js';
import { losses, NOTHING_LOST } from '../support/while-probed.js';
import { firstNode, onMacvlan } from '../support/workspace.js';

const LAB = { name: 'ha-demo-other', network: '192.168.96', portOffset: 300 };
const FRONTENDS = '      - { name: frontend-02, address: 192.168.96.12 }\n';

describe('a tier of three nodes', () => {
  let running: RunningLab;

  beforeAll(async () => {
    running = await RunningLab.start(LAB, (text) =>
      text
        .replace(FRONTENDS, `${FRONTENDS}      - { name: frontend-03, address: 192.168.96.13 }\n`)
        // It is about a planned stop: a host that stands still for longer than three adverts moves virtual IPs by itself.
        .replace('advertisementIntervalMs: 20', 'advertisementIntervalMs: 200'),
    );
  }, 120_000);
  afterAll(() => running?.stop(), 60_000);

  test('all three answer', async () => {
    const { answersByFrontend } = await running.whileProbed(() => running.untilHealthy());
    expect(Object.keys(answersByFrontend).toSorted()).toEqual(['frontend-01', 'frontend-02', 'frontend-03']);
  }, 60_000);

  test.each(['haproxy', 'keepalived'] as const)(
    'a planned stop and start of %s on the master loses nothing',
    async (service) => {
      const summary = await running.whileProbed(async () => {
        await running.lab.stopService('frontend-01', service);
        await running.untilHeldBy('frontend', 'frontend-02');
        await running.lab.startService('frontend-01', service);
        await running.untilHealthy();
        await running.untilHeldBy('frontend', 'frontend-01');
      });
      expect(losses(summary)).toEqual(NOTHING_LOST);
    },
    90_000,
  );

  test('the third takes over when the first two are off', async () => {
    await running.lab.killNode('frontend-01');
    await running.lab.killNode('frontend-02');
    await running.untilHeldBy('frontend', 'frontend-03');
    const { status } = await running.get(running.urlOf('frontend'));
    expect(status).toBe(200);
    await running.lab.startNode('frontend-01');
    await running.lab.startNode('frontend-02');
    await running.untilHealthy();
  }, 90_000);
});

const NIC = 'ha-demo-nic';

describe.each([
  ['the classic profile', (text: string) => text.replace('profile: tuned', 'profile: classic'), 'off'],
  ['unicast adverts', (text: string) => text.replace('peers: multicast', 'peers: unicast'), 'active'],
  ['no preemption', (text: string) => text.replace('preempt: true', 'preempt: false'), 'active'],
  ['a macvlan LAN', onMacvlan(NIC), 'off'],
])('%s', (what, edit, secondChance) => {
  let running: RunningLab;

  beforeAll(async () => {
    if (what === 'a macvlan LAN') await createVeth(NIC);
    running = await RunningLab.start(LAB, edit);
  }, 120_000);
  afterAll(async () => {
    await running?.stop();
    if (what === 'a macvlan LAN') await removeVeth(NIC);
  }, 60_000);

  test(`works; second chance is ${secondChance}`, async () => {
    expect(new Set((await running.lab.observe()).map((node) => node.secondChance))).toEqual(new Set([secondChance]));
    const { status } = await running.get(running.urlOf('frontend'));
    expect(status).toBe(200);
    const { published } = tierOf(running.cluster, 'frontend');
    const throughGateway = await fetch(`http://127.0.0.1:${published.tier}/frontend`);
    expect(throughGateway.status).toBe(200);
  });

  test.each([
    [
      'HAProxy stops',
      (node: string) => running.lab.stopService(node, 'haproxy'),
      (node: string) => running.lab.startService(node, 'haproxy'),
    ],
    [
      'its holder loses its power',
      (node: string) => running.lab.killNode(node),
      (node: string) => running.lab.startNode(node),
    ],
  ])(
    'the virtual IP moves when %s',
    async (_what, fault, heal) => {
      const { preempt } = running.cluster.profile.vrrp;
      if (preempt) await running.untilHeldBy('frontend', firstNode(running.cluster, 'frontend').name);
      const [holder] = await running.holders('frontend');
      const [other] = tierOf(running.cluster, 'frontend').nodes.filter(({ name }) => name !== holder);
      await fault(holder!);
      await running.untilHeldBy('frontend', other!.name);
      await heal(holder!);
      await running.untilHealthy();
      await running.untilHeldBy('frontend', preempt ? holder! : other!.name);
    },
    60_000,
  );
});
