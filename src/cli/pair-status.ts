import { styleText } from 'node:util';
import Table from 'cli-table3';
import { untilSteady } from '../drill/steady-state.js';
import type { NodeObservation } from '../lab/lab.js';
import type { OpenLab } from '../session/open-lab.js';
import { isSilent } from '../trial/pair-problems.js';

/**
 * `status` of a pair that `try --keep` has left, or of a cluster of somebody else's. It tells less than a lab's own nodes do.
 * @returns whether all is as its files have it
 */
export async function showPairStatus(
  pair: OpenLab,
  { json, wait }: { json: boolean; wait: boolean },
): Promise<boolean> {
  const nodes = wait ? await untilSteady(pair) : await pair.lab.observe();
  const problems = pair.problemsOf?.(nodes) ?? [];
  const healthy = problems.length === 0;
  if (json) {
    const told = nodes.map(({ node, power, link, services, vipsHeld }) => ({ node, power, link, services, vipsHeld }));
    console.log(JSON.stringify({ lab: pair.cluster.name, healthy, problems, nodes: told }, null, 2));
    return healthy;
  }
  console.log(`${pair.cluster.name}\n\n${tableOf(nodes)}\n`);
  if (healthy)
    console.log(styleText('green', 'As its files have it: every service is up, and the master has its virtual IP.'));
  for (const problem of problems) console.log(styleText('red', `! ${problem}`));
  return healthy;
}

function tableOf(nodes: NodeObservation[]): string {
  const hasStandIns = nodes.some(({ services }) => services.app !== 'none');
  const table = new Table({
    ...{ style: { head: [], border: [], compact: true } },
    head: ['node', 'haproxy', 'keepalived', ...(hasStandIns ? ['stand-ins'] : []), 'virtual IPs'],
  });
  for (const seen of nodes) {
    const { node, services, vipsHeld } = seen;
    const away = awayBecause(seen);
    table.push(
      away === undefined
        ? [
            ...[node, services.haproxy, services.keepalived, ...(hasStandIns ? [services.app] : [])],
            vipsHeld.join(' ') || '-',
          ]
        : [node, { colSpan: hasStandIns ? 4 : 3, content: away }],
    );
  }
  return table.toString();
}

/** @returns undefined for a node that takes part */
function awayBecause(seen: NodeObservation): string | undefined {
  if (seen.power !== 'on') return seen.power;
  if (isSilent(seen)) return 'does not answer';
  return seen.link === 'down' ? 'unplugged' : undefined;
}
