import { Ipv4Network } from '../common/ipv4.js';
import { virtualHostName } from './cluster.js';
import { type ClusterFile, PROFILE_NAMES, TIER_NAMES } from './cluster-file.js';

/** What several fields of the file say together. Each problem is a line: field, what is wrong, what is allowed. */
export function brokenRules(file: ClusterFile): string[] {
  return [
    ...lanRules(file),
    ...nameRules(file),
    ...portRules(file),
    ...hostRules(file),
    ...PROFILE_NAMES.flatMap((name) => profileRules(file, name)),
  ];
}

/** The first field that uses each value keeps it; every later one is a problem. */
function duplicates<Value>(uses: { field: string; value: Value }[]): string[] {
  const firstUse = new Map<Value, string>();
  return uses.flatMap(({ field, value }) => {
    const first = firstUse.get(value);
    if (first === undefined) {
      firstUse.set(value, field);
      return [];
    }
    return [`${field}: ${String(value)} is already used by ${first}`];
  });
}

function lanRules({ lan, tiers }: ClusterFile): string[] {
  const subnet = Ipv4Network.parse(lan.subnet);
  const dynamicRange = Ipv4Network.parse(lan.dynamicRange);
  if (!subnet || subnet.prefixLength < 16 || subnet.prefixLength > 28) {
    return [
      `lan.subnet: ${lan.subnet} must be an IPv4 network of /16 to /28, such as 192.168.99.0/24; IPv6 is not supported`,
    ];
  }
  if (!dynamicRange || dynamicRange.prefixLength > 29 || !subnet.containsNetwork(dynamicRange)) {
    return [`lan.dynamicRange: ${lan.dynamicRange} must be a network of /29 or more inside lan.subnet ${lan.subnet}`];
  }
  const fixed = [
    { field: 'lan.gateway', value: lan.gateway },
    ...TIER_NAMES.flatMap((tier) => [
      { field: `tiers.${tier}.virtualIp`, value: tiers[tier].virtualIp },
      ...tiers[tier].nodes.map((node, index) => ({
        field: `tiers.${tier}.nodes[${index}].address`,
        value: node.address,
      })),
    ]),
  ];
  const misplaced = fixed
    .filter(({ value }) => !subnet.containsHost(value) || dynamicRange.contains(value))
    .map(
      ({ field, value }) =>
        `${field}: ${value} must lie in lan.subnet ${lan.subnet} and outside lan.dynamicRange ${lan.dynamicRange}`,
    );
  const parent = [];
  if (lan.type === 'macvlan' && !lan.parent) {
    parent.push('lan.parent: is missing; a macvlan LAN needs the name of the interface');
  }
  if (lan.type === 'bridge' && lan.parent) parent.push(`lan.parent: ${lan.parent} is for a macvlan LAN only`);
  const routers = TIER_NAMES.map((tier) => ({
    field: `tiers.${tier}.virtualRouterId`,
    value: tiers[tier].virtualRouterId,
  }));
  return [...misplaced, ...duplicates(fixed), ...duplicates(routers), ...parent];
}

/** Names of a Compose project's services, which all live in one namespace. */
function nameRules({ tiers }: ClusterFile): string[] {
  const nodes = TIER_NAMES.flatMap((tier) =>
    tiers[tier].nodes.map((node, index) => ({ field: `tiers.${tier}.nodes[${index}].name`, value: node.name })),
  );
  const ofHaDemo = ['localhost', ...TIER_NAMES.map(virtualHostName), 'config', 'gateway', 'probe'];
  const ofNodes = [...new Set(nodes.map(({ value }) => value))].flatMap((name) =>
    ['app', 'haproxy', 'keepalived'].map((service) => ({ field: `a service of ${name}`, value: `${name}-${service}` })),
  );
  return duplicates([...ofHaDemo.map((value) => ({ field: 'ha-demo itself', value })), ...ofNodes, ...nodes]);
}

function portRules({ ports, tiers }: ClusterFile): string[] {
  return [
    ...duplicates(Object.entries(ports).map(([name, value]) => ({ field: `ports.${name}`, value: value as number }))),
    ...duplicates(
      TIER_NAMES.flatMap((tier) =>
        Object.entries(tiers[tier].published).map(([name, value]) => ({
          field: `tiers.${tier}.published.${name}`,
          value: value as number,
        })),
      ),
    ),
  ];
}

function hostRules({ hosts, tiers }: ClusterFile): string[] {
  const names = TIER_NAMES.flatMap((tier) => tiers[tier].nodes.map(({ name }) => name));
  const own = (hosts?.nodes ?? []).map(({ name }, index) => ({ field: `hosts.nodes[${index}].name`, value: name }));
  return [
    ...own
      .filter(({ value }) => !names.includes(value))
      .map(({ field, value }) => `${field}: ${value} is no node of the tiers; there are ${names.join(', ')}`),
    ...duplicates(own),
  ];
}

function profileRules({ profiles }: ClusterFile, name: (typeof PROFILE_NAMES)[number]): string[] {
  const { vrrp, haproxy, service } = profiles[name];
  const field = `profiles.${name}`;
  const problems = [];
  if (vrrp.version === 2 && vrrp.advertisementIntervalMs % 1000 !== 0) {
    problems.push(
      `${field}.vrrp.advertisementIntervalMs: ${vrrp.advertisementIntervalMs} must be whole seconds with VRRP version 2`,
    );
  }
  if (vrrp.version === 3 && vrrp.advertisementIntervalMs % 10 !== 0) {
    problems.push(`${field}.vrrp.advertisementIntervalMs: ${vrrp.advertisementIntervalMs} must be a multiple of 10`);
  }
  const attemptTimeoutMs = service.backendAttemptTimeoutMs;
  if (attemptTimeoutMs <= haproxy.serverTimeoutMs.backend) {
    problems.push(
      `${field}.service.backendAttemptTimeoutMs: ${attemptTimeoutMs} must be above haproxy.serverTimeoutMs.backend ${haproxy.serverTimeoutMs.backend}, or no retry of the backend's HAProxy reaches the frontend`,
    );
  }
  const patienceMs = service.backendAttempts * attemptTimeoutMs;
  if (haproxy.serverTimeoutMs.frontend <= patienceMs) {
    problems.push(
      `${field}.haproxy.serverTimeoutMs.frontend: ${haproxy.serverTimeoutMs.frontend} must be above service.backendAttempts x service.backendAttemptTimeoutMs = ${patienceMs}`,
    );
  }
  return problems;
}
