import { afterEach, expect, test } from '@jest/globals';
import { check } from '../../src/check/check.js';
import { labConfiguration } from '../../src/cli/lab-configuration.js';
import { type Cluster, tierOf } from '../../src/cluster/cluster.js';
import { systemClock } from '../../src/common/clock.js';
import { haDemo } from '../support/cli.js';
import { whileProbed } from '../support/while-probed.js';
import { TestWorkspace } from '../support/workspace.js';

/* What `check` says of a lab is what a client of it feels: HAProxy is killed under three ways to watch it. */

const TEMPLATE = 'config-templates/keepalived/keepalived.conf.hbs';
const LAB = { name: 'ha-demo-measured', network: '192.168.83', portOffset: 1400 };
/** A client that finds out within 20 ms that it is served again. */
const LOAD = ['--rate', '50', '--timeout', '250ms'];
/** What a busy host, the kill itself and the client's 20 ms add to the timers. */
const REST_MS = 1500;
/** Luck and bad luck with the moment are the prediction's; the client's clock has 20 ms. */
const EARLY_MS = 20;

let workspace: TestWorkspace;

afterEach(async () => {
  await haDemo(workspace, ['down']);
  await workspace.remove();
}, 60_000);

const weighted = (text: string) => text.replace('    weight 0\n    init_fail', '    weight -2\n    init_fail');
/** keepalived goes by its host's name, which is the node's. */
const farApart = (text: string) =>
  weighted(text).replace(
    '    priority {{node.priority}}',
    ['frontend', 'backend']
      .flatMap((tier) => [`    @${tier}-01 priority 200`, `    @${tier}-02 priority 100`])
      .join('\n'),
  );

test.each([
  { what: 'a check without a weight', edit: undefined, says: 'moves' },
  { what: 'a weight of -2, priorities 101 and 100', edit: weighted, says: 'moves' },
  { what: 'a weight of -2, priorities 200 and 100', edit: farApart, says: 'nobody-moves' },
] as const)(
  '$what: $says',
  async ({ edit, says }) => {
    workspace = await TestWorkspace.create(LAB, (text) =>
      text.replace('profile: tuned', 'profile: classic').replace('highestPriority: 100', 'highestPriority: 101'),
    );
    if (edit) await workspace.editFile(TEMPLATE, edit);
    const cluster = await workspace.cluster();
    const { whatIf } = check(await labConfiguration(cluster, workspace.files.templatesFolder));
    const row = whatIf.find(({ failure, on }) => failure === 'haproxy-dies' && on === 'frontend-01')!;
    expect(row.outcome).toBe(says);

    expect(await haDemo(workspace, ['up'])).toMatchObject({ exitCode: 0 });
    const { longestGap, failed, sent } = await whileProbed(
      cluster,
      async () => {
        expect(await haDemo(workspace, ['kill', 'haproxy', 'frontend-01'])).toMatchObject({ exitCode: 0 });
        expect(await holdersAfter(6000, cluster)).toEqual([row.newMaster ?? 'frontend-01']);
      },
      { load: LOAD },
    );
    if (row.withinMs) {
      expect(longestGap.gapMs).toBeGreaterThanOrEqual(row.withinMs[0] - EARLY_MS);
      expect(longestGap.gapMs).toBeLessThanOrEqual(row.withinMs[1] + REST_MS);
    } else {
      expect({ failed, sent, isMost: failed > sent / 2 }).toMatchObject({ isMost: true });
    }
  },
  180_000,
);

/** A look at four nodes takes a busy host a while: a move in the middle of it shows two holders. */
const ONE_HOLDER_WITHIN_MS = 10_000;

/** Asks the lab for so long who holds the frontend's virtual IP, and on until one node does. @returns who does in the end */
async function holdersAfter(ms: number, cluster: Cluster): Promise<string[]> {
  const { virtualIp } = tierOf(cluster, 'frontend').virtualRouter;
  const fromMs = systemClock.nowMs();
  let holders: string[] = [];
  const elapsedMs = () => systemClock.nowMs() - fromMs;
  while (elapsedMs() < ms || (holders.length !== 1 && elapsedMs() < ms + ONE_HOLDER_WITHIN_MS)) {
    const { stdout } = await haDemo(workspace, ['status', '--json']);
    const { nodes } = JSON.parse(stdout) as { nodes: { node: string; vipsHeld: string[] }[] };
    holders = nodes.filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map(({ node }) => node);
  }
  return holders;
}
