import type { Cluster } from '../cluster/cluster.js';
import { type ServiceName } from '../node/contract.js';
import { type NodeReport, parseNodeReport } from '../node/node-report.js';
import type { AdvertCounts, NodeConfiguration, NodeObservation, PowerState } from './lab.js';

/** A node's report, or why it cannot be read; neither when the node could not be asked. */
export type Told = { report?: NodeReport; unreadable?: string };

/** @param output of docker/keepalived/observe; empty where the node could not be asked */
export function toldBy(output: string): Told {
  if (output.trim() === '') return {};
  try {
    return { report: parseNodeReport(output) };
  } catch (error) {
    return { unreadable: (error as Error).message };
  }
}

/** The observation that a report comes to; without a report most of it is `unknown` or empty. */
export function observationOf(
  cluster: Cluster,
  node: string,
  power: PowerState,
  services: NodeObservation['services'],
  { report, unreadable }: Told,
): NodeObservation {
  const seen = { node, power, services, ...(unreadable !== undefined && { unreadable }) };
  if (!report)
    return {
      ...seen,
      ...{ link: 'unknown', vrrpState: 'unknown', detectors: [], vipsHeld: [], secondChance: 'unknown' },
      ...{ advertFilter: 'unknown', foreignAdverts: [], addressClaims: [], servers: [] },
    };
  const virtualIps = cluster.tiers.map((tier) => tier.virtualRouter.virtualIp);
  const { becameMaster, gainedAtMs, lost, secondChanceRestored, advertFilterRestored } = report;
  return {
    ...seen,
    link: report.link,
    vrrpState: services.keepalived === 'up' ? report.vrrpState : 'unknown',
    moves: { becameMaster, gainedAtMs, lost },
    detectors: report.detectors.map(({ name, sinceSeconds }) => ({ name, sinceMs: Math.round(sinceSeconds * 1000) })),
    vipsHeld: report.addresses.flatMap(({ address }) => (virtualIps.includes(address) ? [address] : [])),
    secondChance: report.secondChance,
    ...(secondChanceRestored && { secondChanceRestored }),
    advertFilter: report.advertFilter,
    ...(advertFilterRestored && { advertFilterRestored }),
    foreignAdverts: report.foreignAdverts,
    addressClaims: report.addressClaims,
    ...(report.runFolderFreeBlocks === 0 && { runFolderFull: true }),
    servers: report.servers,
  };
}

/** What docker/keepalived/count-adverts prints. */
export function advertCountsIn(output: string): AdvertCounts {
  return JSON.parse(output) as AdvertCounts;
}

/**
 * Which services run on older files than the rendered ones.
 * @param startedAtMs when the services started, ms since 1970; HAProxy, which reloads, is judged by the file that it runs on
 * @returns undefined when the report has no files
 */
export function configurationIn(
  { report }: Told,
  startedAtMs: Record<'app' | 'keepalived', number>,
): NodeConfiguration | undefined {
  if (!report?.configuration) return undefined;
  const { manifest, haproxyIsStale, rendered, refused } = report.configuration;
  const renderedAtMs = (...files: string[]) =>
    Math.max(0, ...rendered.flatMap(({ file, atSeconds }) => (files.includes(file) ? [atSeconds * 1000] : [])));
  const stale: ServiceName[] = [];
  if (startedAtMs.app < renderedAtMs('service.json')) stale.push('app');
  if (haproxyIsStale) stale.push('haproxy');
  if (startedAtMs.keepalived < renderedAtMs('keepalived.conf', 'node.env')) stale.push('keepalived');
  return { manifest, stale, refused };
}
