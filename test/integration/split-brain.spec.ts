import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { splitBrainLines } from '../../src/lab/split-brain.js';
import { RunningLab } from '../support/running-lab.js';
import { firstNode, secondNode } from '../support/workspace.js';

let running: RunningLab;

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-split', network: '192.168.86', portOffset: 1100 });
}, 120_000);

afterAll(() => running?.stop(), 60_000);

const explanation = async () => splitBrainLines(running.cluster, running.lab, await running.lab.observe());

test('a firewall that drops the adverts one way is told from who hears whom, and who cannot send', async () => {
  const [first, second] = [firstNode, secondNode].map((node) => node(running.cluster, 'backend').name);
  expect(await explanation()).toEqual([]);
  const firewall = (command: string) =>
    running.inContainer(`${first}-keepalived`, ['iptables-nft', command, 'OUTPUT', '-p', '112', '-j', 'DROP']);
  await firewall('--append');
  await running.until('two holders', (nodes) =>
    nodes.filter(({ vrrpState }) => vrrpState === 'MASTER').length === 3 ? [] : ['the second holder'],
  );
  expect(await explanation()).toEqual([
    expect.stringMatching(
      new RegExp(
        `^${first}: hears adverts \\(\\d+ in 500 ms\\), sends .*: send advert error 1 \\(Operation not permitted\\), `,
      ),
    ),
    expect.stringMatching(new RegExp(`^${second}: hears no adverts, sends its own \\(\\d+\\)$`)),
  ]);
  await firewall('--delete');
  await running.untilHealthy();
}, 90_000);
