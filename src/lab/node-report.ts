import type { Cluster } from '../cluster/cluster.js';
import type {
  AdvertCounts,
  AdvertFilterState,
  Detector,
  HaproxyServer,
  NodeConfiguration,
  NodeObservation,
  PowerState,
  Restored,
  SecondChanceState,
  ServiceName,
  VrrpState,
} from './lab.js';
import type { AddressClaim, ForeignAdvert } from './strangers.js';

/** The words of each line that docker/keepalived/observe prints. */
export type NodeReport = string[][];

export function parseReport(output: string): NodeReport {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));
}

/** The first value behind a key. */
export function valueOf(report: NodeReport, key: string): string {
  return report.find(([name]) => name === key)?.[1] ?? 'unknown';
}

/** @param report empty when the node is not on */
export function observationOf(
  cluster: Cluster,
  node: string,
  power: PowerState,
  services: NodeObservation['services'],
  report: NodeReport,
): NodeObservation {
  const virtualIps = cluster.tiers.map((tier) => tier.virtualRouter.virtualIp);
  return {
    node,
    power,
    link: valueOf(report, 'link') as NodeObservation['link'],
    services,
    vrrpState: services.keepalived === 'up' ? (valueOf(report, 'vrrp-state') as VrrpState) : 'unknown',
    ...movesOf(report),
    detectors: report.flatMap(([key, name, since]): Detector[] =>
      key === 'detector' ? [{ name: name as Detector['name'], sinceMs: Math.round(Number(since) * 1000) }] : [],
    ),
    vipsHeld: report.flatMap(([key, , address = '']) =>
      key === 'address' && virtualIps.includes(address) ? [address] : [],
    ),
    secondChance: valueOf(report, 'second-chance') as SecondChanceState,
    ...restoredOf(report),
    advertFilter: valueOf(report, 'advert-filter') as AdvertFilterState,
    foreignAdverts: report.flatMap(([key, atMs, source = '', virtualRouterId, priority]): ForeignAdvert[] =>
      key === 'foreign-advert'
        ? [{ atMs: Number(atMs), source, virtualRouterId: Number(virtualRouterId), priority: Number(priority) }]
        : [],
    ),
    ...(valueOf(report, 'run-folder-free') === '0' && { runFolderFull: true }),
    addressClaims: report.flatMap(([key, atMs, mac = '', count]): AddressClaim[] =>
      key === 'address-claim' ? [{ atMs: Number(atMs), mac, count: Number(count) }] : [],
    ),
    servers: report.flatMap(([key, name = '', ...rest]): HaproxyServer[] => {
      // A status such as `DOWN 1/2` has two words; the check is the last one.
      return key === 'server' ? [{ name, status: rest.slice(0, -1).join(' '), check: rest.at(-1) ?? '' }] : [];
    }),
  };
}

/** What docker/keepalived/count-adverts prints. */
export function advertCountsIn(report: NodeReport): AdvertCounts {
  return { sent: Number(valueOf(report, 'sent')), received: Number(valueOf(report, 'received')) };
}

function restoredOf(report: NodeReport): Pick<NodeObservation, 'secondChanceRestored' | 'advertFilterRestored'> {
  const restored = (name: string): Restored | undefined => {
    const [, atMs, ...missing] = report.find(([key]) => key === `${name}-restored`) ?? [];
    return atMs === undefined ? undefined : { atMs: Number(atMs), missing: missing.join(' ') };
  };
  const [secondChanceRestored, advertFilterRestored] = [restored('second-chance'), restored('advert-filter')];
  return {
    ...(secondChanceRestored && { secondChanceRestored }),
    ...(advertFilterRestored && { advertFilterRestored }),
  };
}

function movesOf(report: NodeReport): Pick<NodeObservation, 'moves'> {
  const becameMaster = report.find(([key]) => key === 'became-master')?.[1];
  if (becameMaster === undefined)
    return report.length === 0 ? {} : { moves: { becameMaster: 0, gainedAtMs: [], lost: [] } };
  return {
    moves: {
      becameMaster: Number(becameMaster),
      gainedAtMs: report.flatMap(([key, atMs]) => (key === 'gained' ? [Number(atMs)] : [])),
      lost: report.flatMap(([key, atMs, reason = '']) => (key === 'lost' ? [{ atMs: Number(atMs), reason }] : [])),
    },
  };
}

/** @param startedAtMs when the services started, epoch; HAProxy reloads, and is known by the file that it runs on */
export function configurationIn(
  report: NodeReport,
  startedAtMs: Record<'app' | 'keepalived', number>,
): NodeConfiguration {
  const renderedAtMs = (...files: string[]) =>
    Math.max(
      0,
      ...report.flatMap(([key, file = '', at]) =>
        key === 'rendered' && files.includes(file) ? [Number(at) * 1000] : [],
      ),
    );
  const stale: ServiceName[] = [];
  if (startedAtMs.app < renderedAtMs('service.json')) stale.push('app');
  if (report.some(([key, name]) => key === 'stale' && name === 'haproxy')) stale.push('haproxy');
  if (startedAtMs.keepalived < renderedAtMs('keepalived.conf', 'node.env')) stale.push('keepalived');
  const refused = report.flatMap(([key, file = '', ...reason]) =>
    key === 'refused' ? [{ file, reason: reason.join(' ') }] : [],
  );
  return { digest: valueOf(report, 'digest'), stale, refused };
}
