import { type Cluster, secondChanceWanted, tierOf } from '../cluster/cluster.js';
import { type NodeObservation, SERVICE_NAMES } from './lab.js';

/**
 * What keeps the lab from being healthy, a line each; none when every service is up, every HAProxy sees all of its
 * servers up, and each virtual IP has one holder. Holders come first: they are what a client feels.
 */
export function labProblems(cluster: Cluster, observations: NodeObservation[]): string[] {
  return [
    ...cluster.tiers.flatMap((tier) => {
      const { virtualIp } = tier.virtualRouter;
      const holders = observations.filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map(({ node }) => node);
      if (holders.length === 0) return [`${tier.name}: nobody holds ${virtualIp}`];
      if (holders.length > 1) return [`${tier.name}: ${virtualIp} has ${holders.length} holders: ${holders.join(', ')}`];
      return [];
    }),
    ...observations.flatMap((observation) => nodeProblems(cluster, observation)),
  ];
}

function nodeProblems(cluster: Cluster, { node, powered, services, vrrpState, servers, secondChance }: NodeObservation): string[] {
  if (!powered) return [`${node}: is off`];
  const problems = SERVICE_NAMES.filter((service) => services[service] === 'down').map((service) => `${node}: ${service} is down`);
  if (services.keepalived === 'up' && vrrpState !== 'MASTER' && vrrpState !== 'BACKUP') {
    problems.push(`${node}: VRRP state is ${vrrpState}`);
  }
  if (services.keepalived === 'up' && secondChanceWanted(cluster) && secondChance === 'suspended') {
    problems.push(`${node}: second chance is suspended, a peer is silent`);
  }
  if (services.haproxy === 'up') {
    const expected = tierOf(cluster, nodeTier(cluster, node)).nodes.map((peer) => peer.name);
    const healthy = servers.filter(({ status, check }) => status === 'UP' && check.startsWith('L7OK')).map(({ name }) => name);
    problems.push(...expected.filter((name) => !healthy.includes(name)).map((name) => `${node}: its HAProxy does not see ${name} up`));
  }
  return problems;
}

function nodeTier(cluster: Cluster, name: string) {
  const tier = cluster.tiers.find(({ nodes }) => nodes.some((node) => node.name === name));
  if (!tier) throw new Error(`no tier has a node ${name}`);
  return tier.name;
}
