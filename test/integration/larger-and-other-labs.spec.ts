import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tierOf } from '../../src/cluster/cluster.js';
import { RunningLab } from '../support/running-lab.js';
import { losses, NOTHING_LOST } from '../support/while-probed.js';

const LAB = { name: 'ha-demo-other', network: '192.168.96', portOffset: 300 };
const FRONTENDS = '      - { name: frontend-02, address: 192.168.96.12 }\n';

describe('a tier of three nodes', () => {
  let running: RunningLab;

  beforeAll(async () => {
    running = await RunningLab.start(LAB, (text) =>
      text.replace(FRONTENDS, `${FRONTENDS}      - { name: frontend-03, address: 192.168.96.13 }\n`),
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

describe.each([
  ['the classic profile', (text: string) => text.replace('profile: tuned', 'profile: classic'), 'off'],
  ['unicast adverts', (text: string) => text.replace('peers: multicast', 'peers: unicast'), 'active'],
  ['no preemption', (text: string) => text.replace('preempt: true', 'preempt: false'), 'active'],
])('%s', (what, edit, secondChance) => {
  let running: RunningLab;

  beforeAll(async () => {
    running = await RunningLab.start(LAB, edit);
  }, 120_000);
  afterAll(() => running?.stop(), 60_000);

  test(`works; second chance is ${secondChance}`, async () => {
    expect(new Set((await running.lab.observe()).map((node) => node.secondChance))).toEqual(new Set([secondChance]));
    const { status } = await running.get(running.urlOf('frontend'));
    expect(status).toBe(200);
  });

  test('the virtual IP moves when HAProxy stops', async () => {
    const [holder] = await running.holders('frontend');
    const [other] = tierOf(running.cluster, 'frontend').nodes.filter(({ name }) => name !== holder);
    await running.lab.stopService(holder!, 'haproxy');
    await running.untilHeldBy('frontend', other!.name);
    await running.lab.startService(holder!, 'haproxy');
    await running.untilHealthy();
    await running.untilHeldBy('frontend', what === 'no preemption' ? other!.name : holder!);
  }, 60_000);
});
