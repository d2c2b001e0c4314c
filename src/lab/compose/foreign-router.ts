import { type Cluster, tierOf } from '../../cluster/cluster.js';
import type { TierName } from '../../cluster/cluster-file.js';
import { docker } from './docker-command.js';

/** What keepalived needs, and what the engine gives a container unasked. */
const CAPABILITIES = ['--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', '--cap-add', 'NET_RAW', '--cap-add', 'SETGID'];

/** Advertised as often as VRRP allows: in whole seconds by version 2, 20 ms by version 3, as in the profile `tuned`. */
const ADVERT_SECONDS = { 2: 1, 3: 0.02 };

/** A keepalived that knows nothing of the lab and is in its way, in a container with a free address of the LAN. */
export async function startForeignRouter(cluster: Cluster, tier: TierName): Promise<void> {
  if (await isThere(cluster, tier)) return;
  const { version } = cluster.profile.vrrp;
  const { virtualRouterId, virtualIp } = tierOf(cluster, tier).virtualRouter;
  const configuration = `global_defs {
  vrrp_version ${version}
}
vrrp_instance foreign {
  state MASTER
  interface eth0
  virtual_router_id ${virtualRouterId}
  priority 255
  advert_int ${ADVERT_SECONDS[version]}
  virtual_ipaddress {
    ${virtualIp}/32
  }
}
`;
  await docker([
    ...['run', '--detach', '--name', nameOf(cluster, tier), '--network', `${cluster.name}_lan`],
    ...['--label', `com.docker.compose.project=${cluster.name}`, '--env', `CONFIGURATION=${configuration}`],
    ...[...CAPABILITIES, '--security-opt', 'no-new-privileges'],
    ...['--entrypoint', 'bash', 'ha-demo/keepalived', '-c'],
    'echo "$CONFIGURATION" >/tmp/keepalived.conf && exec keepalived --dont-fork --log-console --vrrp --use-file /tmp/keepalived.conf',
  ]);
}

export async function stopForeignRouter(cluster: Cluster, tier: TierName): Promise<void> {
  if (await isThere(cluster, tier)) await docker(['rm', '--force', nameOf(cluster, tier)]);
}

function nameOf(cluster: Cluster, tier: TierName): string {
  return `${cluster.name}-foreign-router-${tier}`;
}

async function isThere(cluster: Cluster, tier: TierName): Promise<boolean> {
  return (await docker(['ps', '--all', '--quiet', '--filter', `name=^${nameOf(cluster, tier)}$`])) !== '';
}
