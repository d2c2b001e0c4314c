import { styleText } from 'node:util';
import Table from 'cli-table3';
import { type Cluster, tierOf, nodesOf } from '../cluster/cluster.js';
import type { NodeObservation } from '../lab/lab.js';
import { problemTexts, untilHealthy } from '../lab/lab-problems.js';
import { splitBrainLines } from '../lab/split-brain.js';
import { movesOfTier, type TierMoves } from '../lab/moves.js';
import { timeOf } from '../common/time.js';
import { labNotes } from '../lab/lab-notes.js';
import { type ConfigurationState, configurationState } from '../lab/configuration.js';
import { Command } from 'commander';
import type { Deployment } from '../lab/update/deployment.js';
import { manifestOf } from '../rendering/render.js';
import { type ContextSource, notUp } from './context.js';
import { showPairStatus } from './pair-status.js';

export function statusCommand(contextOf: ContextSource): Command {
  return new Command('status')
    .description('show nodes, services, VRRP states, virtual IPs, and what HAProxy thinks of its servers')
    .option('--json', 'for programs', false)
    .option('--wait', 'first wait until the lab is healthy, for a minute at most, five on virtual machines', false)
    .addHelpText(
      'after',
      '\nExit code: 0 when the lab is healthy, 1 when it is not.\n\nExamples:\n  $ ./ha-demo status\n  $ ./ha-demo status --json | jq .problems',
    )
    .action(async ({ json, wait }: { json: boolean; wait: boolean }) => {
      const context = contextOf();
      if (context.pair) {
        process.exitCode = (await showPairStatus(await context.pair.open(), { json, wait })) ? 0 : 1;
        return;
      }
      const { cluster, lab, deployment } = await context.updateOrder();
      if (wait) await untilHealthy(cluster, lab);
      const [observations, manifests] = await Promise.all([
        lab.observe({ configuration: true }),
        manifestsToday(cluster, deployment),
      ]);
      const nodes = observations.map((observation) => ({
        ...observation,
        configuration: configurationState(observation, manifests.get(observation.node) ?? []),
      }));
      const problems = [
        ...problemTexts(cluster, lab.traits, observations),
        ...(await splitBrainLines(cluster, lab, observations)),
        ...nodes.flatMap(({ node, configuration: { reasons } }) => reasons.map((reason) => `${node}: ${reason}`)),
      ];
      const notes = labNotes(cluster, nodes);
      if (json) {
        const moves = cluster.tiers.map((tier) => movesOfTier(tier, nodes));
        console.log(
          JSON.stringify(
            {
              lab: cluster.name,
              profile: cluster.profileName,
              healthy: problems.length === 0,
              problems,
              notes,
              moves,
              nodes,
            },
            null,
            2,
          ),
        );
      } else {
        const isUp = nodes.some(({ services }) => Object.values(services).includes('up')) || (await deployment.runs());
        if (!isUp || nodes.every(({ power }) => power === 'off')) console.log(notUp(cluster, lab));
        else print(cluster, nodes, problems, notes);
      }
      process.exitCode = problems.length === 0 ? 0 : 1;
    });
}

type Observed = Omit<NodeObservation, 'configuration'> & { configuration: ConfigurationState };

/** Of each node's files, as cluster.yaml and the templates would make them now. */
async function manifestsToday(
  cluster: Cluster,
  deployment: Pick<Deployment, 'render'>,
): Promise<Map<string, string[]>> {
  const files = await deployment.render();
  return new Map(nodesOf(cluster).map(({ name }) => [name, manifestOf(files, name)]));
}

function print(cluster: Cluster, observations: Observed[], problems: string[], notes: string[]): void {
  console.log(`${cluster.name}, profile ${cluster.profileName}\n`);
  console.log(nodeTable(observations).toString());
  for (const tier of cluster.tiers) {
    console.log(`\nServers of tier ${tier.name}, as each HAProxy sees them`);
    console.log(serverTable(cluster, observations, tier.name).toString());
  }
  console.log('\nMoves of the virtual IPs since the start');
  for (const tier of cluster.tiers) for (const line of moveLines(movesOfTier(tier, observations))) console.log(line);
  console.log();
  if (problems.length === 0)
    console.log(styleText('green', 'Healthy: every service is up, and each virtual IP has one holder.'));
  for (const note of notes) console.log(styleText('yellow', note));
  for (const problem of problems) console.log(styleText('red', `! ${problem}`));
}

const plain = { style: { head: [], border: [], compact: true } };

function nodeTable(observations: Observed[]) {
  const table = new Table({
    ...plain,
    head: ['node', 'app', 'haproxy', 'keepalived', 'VRRP', 'virtual IP', 'second chance', 'configuration'],
  });
  for (const { node, power, link, services, vrrpState, vipsHeld, secondChance, configuration } of observations) {
    table.push(
      power === 'on' && link !== 'down'
        ? [
            node,
            coloured(services.app),
            coloured(services.haproxy),
            coloured(services.keepalived),
            vrrpState,
            vipsHeld.join(' ') || '-',
            secondChance,
            ['current', 'unknown'].includes(configuration.state)
              ? configuration.state
              : styleText('red', configuration.state),
          ]
        : [node, { colSpan: 7, content: styleText('red', power === 'on' ? 'unplugged' : power) }],
    );
  }
  return table;
}

function serverTable(cluster: Cluster, observations: Observed[], name: 'frontend' | 'backend') {
  const tier = tierOf(cluster, name);
  const servers = tier.nodes.map((node) => node.name);
  const table = new Table({ ...plain, head: ['HAProxy of', ...servers] });
  for (const observation of observations.filter(({ node }) =>
    nodesOf(cluster).some((candidate) => candidate.name === node && candidate.tier === name),
  )) {
    table.push([
      observation.node,
      ...servers.map((server) => {
        const seen = observation.servers.find((candidate) => candidate.name === server);
        return seen ? `${coloured(seen.status)} ${seen.check}` : '-';
      }),
    ]);
  }
  return table;
}

function moveLines({ tier, count, last, untold }: TierMoves): string[] {
  const without = untold.length > 0 ? `, not counting those of ${untold.join(', ')}` : '';
  return [
    `  ${tier}: ${count}${without}`,
    ...last.map(({ atMs, from, to, reason }) => `    ${timeOf(atMs)}  ${from ?? '-'} -> ${to}  ${reason}`),
  ];
}

function coloured(state: string): string {
  return styleText(state.toLowerCase() === 'up' ? 'green' : 'red', state);
}
