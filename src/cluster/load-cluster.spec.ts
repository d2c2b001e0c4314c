import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../common/errors.js';
import { loadCluster, parseCluster } from './load-cluster.js';
import { type Edits, editedCluster, editedClusterYaml, nodes } from './testing/edited-cluster.js';

/** The lines of the refusal, without the source they begin with. */
function refusalOf(text: string): string[] {
  try {
    parseCluster(text, 'cluster.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError);
    return (error as Error).message.split('\n').map((line) => {
      expect(line).toMatch(/^cluster\.yaml: ./);
      return line.slice('cluster.yaml: '.length);
    });
  }
  throw new Error('was accepted');
}

const LAN_RULE = 'must lie in lan.subnet 192.168.99.0/24 and outside lan.dynamicRange 192.168.99.128/25';
const SUBNET_RULE = 'must be an IPv4 network of /16 to /28, such as 192.168.99.0/24; IPv6 is not supported';
const RANGE_RULE = 'must be a network of /29 or more inside lan.subnet 192.168.99.0/24';
const NAME_RULE = 'must be 2 to 32 lower-case letters, digits and dashes, with a letter first';
const RETRY_RULE =
  "must be a list of conn-failure, empty-response, junk-response, response-timeout, '500', '501', '502', '503', '504'";

describe('parseCluster', () => {
  describe('refuses in one line that names field, value and what is allowed', () => {
    it.each<[problem: string, edits: Edits, line: string]>([
      ['an unknown key', { color: 'red' }, 'color: is not a known field'],
      ['an unknown key in a mapping', { 'lan.mtu': 1500 }, 'lan.mtu: is not a known field'],
      [
        'an unknown key of a node',
        { 'tiers.backend.nodes.1.port': 1 },
        'tiers.backend.nodes[1].port: is not a known field',
      ],
      ['an unknown tier', { 'tiers.database': {} }, 'tiers.database: is not a known field'],
      ['an unknown profile', { 'profiles.fast': {} }, 'profiles.fast: is not a known field'],
      [
        'an unknown field of a profile that is like another one',
        { 'profiles.emulated.vrrp.color': 'red' },
        'profiles.emulated.vrrp.color: is not a known field',
      ],
      [
        'an odd value of a profile that is like another one',
        { 'profiles.emulated.vrrp.advertisementIntervalMs': 5 },
        'profiles.emulated.vrrp.advertisementIntervalMs: 5 must be a whole number from 10 to 40950',
      ],
      [
        'a profile that is like none',
        { 'profiles.emulated.like': 'fast' },
        'profiles.emulated.like: "fast" must be one of tuned, classic',
      ],
      [
        'a profile that is like itself',
        { 'profiles.emulated.like': 'emulated' },
        'profiles.emulated.like: "emulated" must be one of tuned, classic',
      ],
      [
        'a machine that is too small',
        { 'vms.memoryMb': 64 },
        'vms.memoryMb: 64 must be a whole number from 256 to 1048576',
      ],
      ['an odd choice of the profile', { profile: 'fast' }, 'profile: "fast" must be tuned or classic or emulated'],

      ['a missing section', { lan: undefined }, 'lan: is missing'],
      ['a missing tier', { 'tiers.backend': undefined }, 'tiers.backend: is missing'],
      ['a missing profile', { 'profiles.classic': undefined }, 'profiles.classic: is missing'],
      ['a missing part of a profile', { 'profiles.tuned.vrrp': undefined }, 'profiles.tuned.vrrp: is missing'],
      ['a missing value', { 'ports.tier': undefined }, 'ports.tier: is missing'],
      [
        'a missing address',
        { 'tiers.frontend.nodes.0.address': undefined },
        'tiers.frontend.nodes[0].address: is missing',
      ],

      ['an empty section', { ports: null }, 'ports: null must be a mapping'],
      ['text for a mapping', { lan: 'eth0' }, 'lan: "eth0" must be a mapping'],
      ['a list for a mapping', { 'profiles.tuned.vrrp': [] }, 'profiles.tuned.vrrp: [] must be a mapping'],
      ['a list for the tiers', { tiers: [] }, 'tiers: [] must be a mapping'],
      ['a mapping for the nodes', { 'tiers.frontend.nodes': {} }, 'tiers.frontend.nodes: {} must have 2 to 8 nodes'],
      [
        'text for a node',
        { 'tiers.frontend.nodes': ['a', 'b'] },
        'tiers.frontend.nodes: ["a","b"] must be mappings, each with name and address',
      ],
      [
        'a list for a node',
        { 'tiers.frontend.nodes': [[], []] },
        'tiers.frontend.nodes: [[],[]] must be mappings, each with name and address',
      ],
      ['text for a number', { 'ports.tier': '80' }, 'ports.tier: "80" must be a whole number from 1 to 65535'],
      ['a fraction', { 'ports.tier': 80.5 }, 'ports.tier: 80.5 must be a whole number from 1 to 65535'],
      [
        'text for a flag',
        { 'profiles.tuned.vrrp.preempt': 'yes' },
        'profiles.tuned.vrrp.preempt: "yes" must be true or false',
      ],
      ['a number for a name', { name: 7 }, `name: 7 ${NAME_RULE}`],
      ['a number for a network', { 'lan.subnet': 192 }, 'lan.subnet: 192 must be a network such as 192.168.99.0/24'],
      [
        'a bare status code',
        { 'profiles.tuned.haproxy.retryOn': [500] },
        `profiles.tuned.haproxy.retryOn: [500] ${RETRY_RULE}`,
      ],

      ['port 0', { 'ports.service': 0 }, 'ports.service: 0 must be a whole number from 1 to 65535'],
      [
        'a port too high',
        { 'tiers.frontend.published.tier': 65_536 },
        'tiers.frontend.published.tier: 65536 must be a whole number from 1 to 65535',
      ],
      [
        'router id 0',
        { 'tiers.frontend.virtualRouterId': 0 },
        'tiers.frontend.virtualRouterId: 0 must be a whole number from 1 to 255',
      ],
      [
        'a router id too high',
        { 'tiers.frontend.virtualRouterId': 256 },
        'tiers.frontend.virtualRouterId: 256 must be a whole number from 1 to 255',
      ],
      [
        "the address owner's priority",
        { 'profiles.tuned.vrrp.highestPriority': 255 },
        'profiles.tuned.vrrp.highestPriority: 255 must be a whole number from 8 to 254',
      ],
      [
        'a priority too low for eight nodes',
        { 'profiles.tuned.vrrp.highestPriority': 7 },
        'profiles.tuned.vrrp.highestPriority: 7 must be a whole number from 8 to 254',
      ],
      [
        'an interval below the floor',
        { 'profiles.tuned.vrrp.advertisementIntervalMs': 5 },
        'profiles.tuned.vrrp.advertisementIntervalMs: 5 must be a whole number from 10 to 40950',
      ],
      ['VRRP version 1', { 'profiles.tuned.vrrp.version': 1 }, 'profiles.tuned.vrrp.version: 1 must be 2 or 3'],
      ['an odd kind of LAN', { 'lan.type': 'overlay' }, 'lan.type: "overlay" must be bridge or macvlan'],
      [
        'an odd kind of peers',
        { 'profiles.tuned.vrrp.peers': 'broadcast' },
        'profiles.tuned.vrrp.peers: "broadcast" must be multicast or unicast',
      ],
      [
        'an interface name too long',
        { 'lan.interface': 'x'.repeat(16) },
        'lan.interface: "xxxxxxxxxxxxxxxx" must be an interface\'s name',
      ],
      ['a name that starts with a digit', { name: '2nd' }, `name: "2nd" ${NAME_RULE}`],
      ['a name with a line break', { name: 'ha-demo\n' }, `name: "ha-demo\\n" ${NAME_RULE}`],
      [
        'a node name in capitals',
        { 'tiers.frontend.nodes.0.name': 'Web' },
        `tiers.frontend.nodes[0].name: "Web" ${NAME_RULE}`,
      ],
      ['a value of any length', { name: 'x'.repeat(5000) }, `name: "${'x'.repeat(59)}... ${NAME_RULE}`],

      [
        'an address with a leading zero',
        { 'lan.gateway': '192.168.99.01' },
        'lan.gateway: "192.168.99.01" must be an IPv4 address; IPv6 is not supported',
      ],
      [
        'an IPv6 address',
        { 'tiers.frontend.virtualIp': 'fe80::1' },
        'tiers.frontend.virtualIp: "fe80::1" must be an IPv4 address; IPv6 is not supported',
      ],
      ['a network with host bits', { 'lan.subnet': '192.168.99.1/24' }, `lan.subnet: 192.168.99.1/24 ${SUBNET_RULE}`],
      ['a network without prefix', { 'lan.subnet': '192.168.99.0' }, `lan.subnet: 192.168.99.0 ${SUBNET_RULE}`],
      ['a network too large', { 'lan.subnet': '192.0.0.0/8' }, `lan.subnet: 192.0.0.0/8 ${SUBNET_RULE}`],
      ['a network too small', { 'lan.subnet': '192.168.99.0/29' }, `lan.subnet: 192.168.99.0/29 ${SUBNET_RULE}`],
      ['a network of IPv6', { 'lan.subnet': 'fd00:99::/64' }, `lan.subnet: fd00:99::/64 ${SUBNET_RULE}`],
      [
        'a dynamic range outside the LAN',
        { 'lan.dynamicRange': '192.168.100.0/25' },
        `lan.dynamicRange: 192.168.100.0/25 ${RANGE_RULE}`,
      ],
      [
        'a dynamic range too small',
        { 'lan.dynamicRange': '192.168.99.252/30' },
        `lan.dynamicRange: 192.168.99.252/30 ${RANGE_RULE}`,
      ],
      [
        'a node outside the LAN',
        { 'tiers.frontend.nodes.0.address': '192.168.98.11' },
        `tiers.frontend.nodes[0].address: 192.168.98.11 ${LAN_RULE}`,
      ],
      [
        'a virtual IP outside the LAN',
        { 'tiers.backend.virtualIp': '10.0.0.1' },
        `tiers.backend.virtualIp: 10.0.0.1 ${LAN_RULE}`,
      ],
      [
        'a node in the dynamic range',
        { 'tiers.backend.nodes.1.address': '192.168.99.128' },
        `tiers.backend.nodes[1].address: 192.168.99.128 ${LAN_RULE}`,
      ],
      ["the network's own address", { 'lan.gateway': '192.168.99.0' }, `lan.gateway: 192.168.99.0 ${LAN_RULE}`],
      [
        'the broadcast address',
        { 'lan.dynamicRange': '192.168.99.64/26', 'lan.gateway': '192.168.99.255' },
        'lan.gateway: 192.168.99.255 must lie in lan.subnet 192.168.99.0/24 and outside lan.dynamicRange 192.168.99.64/26',
      ],
      [
        'a macvlan without parent',
        { 'lan.type': 'macvlan' },
        'lan.parent: is missing; a macvlan LAN needs the name of the interface',
      ],
      [
        'a macvlan with an empty parent',
        { 'lan.type': 'macvlan', 'lan.parent': null },
        'lan.parent: is missing; a macvlan LAN needs the name of the interface',
      ],
      ['a bridge with a parent', { 'lan.parent': 'eth0' }, 'lan.parent: eth0 is for a macvlan LAN only'],

      [
        'one address for two nodes',
        { 'tiers.backend.nodes.0.address': '192.168.99.11' },
        'tiers.backend.nodes[0].address: 192.168.99.11 is already used by tiers.frontend.nodes[0].address',
      ],
      [
        "a node at its tier's virtual IP",
        { 'tiers.frontend.nodes.0.address': '192.168.99.10' },
        'tiers.frontend.nodes[0].address: 192.168.99.10 is already used by tiers.frontend.virtualIp',
      ],
      [
        'a virtual IP at the gateway',
        { 'tiers.frontend.virtualIp': '192.168.99.1' },
        'tiers.frontend.virtualIp: 192.168.99.1 is already used by lan.gateway',
      ],
      [
        'one name for two nodes',
        { 'tiers.backend.nodes.0.name': 'frontend-01' },
        'tiers.backend.nodes[0].name: frontend-01 is already used by tiers.frontend.nodes[0].name',
      ],
      [
        "a node with a virtual IP's name",
        { 'tiers.frontend.nodes.0.name': 'backend-00' },
        'tiers.frontend.nodes[0].name: backend-00 is already used by ha-demo itself',
      ],
      [
        "a node with a helper's name",
        { 'tiers.frontend.nodes.0.name': 'gateway' },
        'tiers.frontend.nodes[0].name: gateway is already used by ha-demo itself',
      ],
      [
        "a node with the name of another one's container",
        { 'tiers.backend.nodes.0.name': 'frontend-01-app' },
        'tiers.backend.nodes[0].name: frontend-01-app is already used by a service of frontend-01',
      ],
      [
        'one virtual router id for two tiers',
        { 'tiers.backend.virtualRouterId': 10 },
        'tiers.backend.virtualRouterId: 10 is already used by tiers.frontend.virtualRouterId',
      ],
      ['one port for two purposes', { 'ports.statistics': 80 }, 'ports.statistics: 80 is already used by ports.tier'],
      [
        'one published port for two purposes',
        { 'tiers.backend.published.statistics': 8010 },
        'tiers.backend.published.statistics: 8010 is already used by tiers.frontend.published.tier',
      ],

      [
        'a tier of one node',
        { 'tiers.frontend.nodes': nodes('web', 1, 31) },
        'tiers.frontend.nodes: [{"name":"web-01","address":"192.168.99.31"}] must have 2 to 8 nodes',
      ],
      [
        'a tier of nine nodes',
        { 'tiers.frontend.nodes': nodes('web', 9, 31) },
        'tiers.frontend.nodes: [{"name":"web-01","address":"192.168.99.31"},{"name":"web-02... must have 2 to 8 nodes',
      ],
      [
        'VRRPv2 below a second',
        { 'profiles.tuned.vrrp.version': 2 },
        'profiles.tuned.vrrp.advertisementIntervalMs: 20 must be whole seconds with VRRP version 2',
      ],
      [
        'VRRPv3 with a broken centisecond',
        { 'profiles.tuned.vrrp.advertisementIntervalMs': 25 },
        'profiles.tuned.vrrp.advertisementIntervalMs: 25 must be a multiple of 10',
      ],
      [
        "a frontend that gives up before the backend's HAProxy has retried",
        { 'profiles.tuned.service.backendAttemptTimeoutMs': 150 },
        "profiles.tuned.service.backendAttemptTimeoutMs: 150 must be above haproxy.serverTimeoutMs.backend 150, or no retry of the backend's HAProxy reaches the frontend",
      ],
      [
        'a frontend that goes on after its HAProxy has given up',
        { 'profiles.classic.haproxy.serverTimeoutMs.frontend': 3000 },
        'profiles.classic.haproxy.serverTimeoutMs.frontend: 3000 must be above service.backendAttempts x service.backendAttemptTimeoutMs = 3000',
      ],
    ])('%s', (_problem, edits, line) => {
      expect(refusalOf(editedClusterYaml(edits))).toEqual([line]);
    });
  });

  it('names every problem, a line each', () => {
    const text = editedClusterYaml({ name: 'X', 'ports.tier': 0, 'tiers.frontend.nodes.0.name': 'Y', extra: 1 });
    expect(refusalOf(text).map((line) => line.split(':')[0])).toEqual([
      'extra',
      'name',
      'ports.tier',
      'tiers.frontend.nodes[0].name',
    ]);
  });

  describe('refuses text that is no mapping', () => {
    const NO_MAPPING = 'must be a mapping with name, profile, lan, ports, tiers, vms and profiles';

    it.each([
      ['an empty file', '', NO_MAPPING],
      ['comments alone', '# nothing\n', NO_MAPPING],
      ['a list', '- name: ha-demo\n', NO_MAPPING],
      ['a word', 'ha-demo', NO_MAPPING],
      ['an open quote', 'name: "ha-demo', 'Missing closing "quote at line 1, column 15'],
      ['a tab', 'lan:\n\ttype: bridge', 'Tabs are not allowed as indentation at line 2, column 1'],
      ['a key twice', 'name: a\nname: b', 'Map keys must be unique at line 2, column 1'],
      ['two documents', 'name: a\n---\nname: b', 'must be one YAML document'],
    ])('%s', (_what, text, line) => {
      expect(refusalOf(text)).toEqual([line]);
    });
  });

  describe('is not impressed by hostile YAML', () => {
    const valid = editedClusterYaml();
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]', ...['b', 'c', 'd', 'e'].map(tenfold)].join('\n');

    /** Ten times the one before. */
    function tenfold(name: string): string {
      const previous = String.fromCharCode(name.charCodeAt(0) - 1);
      return `${name}: &${name} [${Array<string>(10).fill(`*${previous}`).join(', ')}]`;
    }

    it.each([
      ['__proto__', `${valid}__proto__: { name: x }`, '__proto__: is not a known field'],
      ['constructor', `${valid}constructor: { prototype: 1 }`, 'constructor: is not a known field'],
      ['toString', valid.replace('lan:\n', 'lan:\n  toString: x\n'), 'toString: is not a known field'],
      ['a key with a line break', `${valid}"a\\nb": 1`, '"a\\nb": is not a known field'],
      ['an empty key', `${valid}"": 1`, '"": is not a known field'],
      ['a list as a key', `${valid}? [a, b]\n: 1`, 'With stringKeys, all keys must be strings at line'],
      ['a merge key', valid.replace('lan:\n', 'lan:\n  <<: { type: bridge }\n'), 'lan."<<": is not a known field'],
      [
        'an alias without anchor',
        'name: *nobody',
        'Unresolved alias (the anchor must be set before the alias): nobody',
      ],
      ['aliases that multiply', bomb, 'Excessive alias count indicates a resource exhaustion attack'],
      ['a list that contains itself', 'name: &n [*n]', 'an alias contains itself'],
      ['a mapping that contains itself', `x: &x { y: *x }\n${valid}`, 'an alias contains itself'],
      ['infinity', valid.replace('tier: 80 ', 'tier: .inf '), 'ports.tier: Infinity must be a whole number'],
      ['no number', valid.replace('tier: 80 ', 'tier: .nan '), 'ports.tier: NaN must be a whole number'],
      ['a number beyond all', valid.replace('tier: 80 ', 'tier: 1e400 '), 'ports.tier: Infinity must be a whole'],
      [
        'a long number',
        valid.replace('tier: 80 ', `tier: ${'9'.repeat(400)} `),
        'ports.tier: Infinity must be a whole',
      ],
      ['binary data', valid.replace('name: ha-demo', 'name: !!binary aGEtZGVtbw=='), 'name: {"type":"Buffer",'],
      ['NUL characters', valid.replace('name: ha-demo', 'name: ha\0demo'), 'name: "ha\\u0000demo" must be'],
      ['ten thousand brackets', `name: ${'['.repeat(10_000)}`, 'Maximum call stack size exceeded at line 1'],
    ])('%s', (_what, text, beginning) => {
      const lines = refusalOf(text);
      expect(lines).toHaveLength(1);
      expect(lines[0]!.slice(0, beginning.length)).toBe(beginning);
    });

    it('takes an anchor and its alias for what they are', () => {
      const text = valid
        .replace('published: { tier: 8020, statistics: 8021 }', 'published: { tier: *port, statistics: 8021 }')
        .replace('tier: 8010', 'tier: &port 8010');
      expect(refusalOf(text)).toEqual([
        'tiers.backend.published.tier: 8010 is already used by tiers.frontend.published.tier',
      ]);
    });
  });

  it.each<[string, Edits]>([
    ['a macvlan LAN', { 'lan.type': 'macvlan', 'lan.parent': 'eth0.99' }],
    ['a bridge with an empty parent', { 'lan.parent': null }],
    [
      'VRRPv2 in whole seconds',
      { 'profiles.tuned.vrrp.version': 2, 'profiles.tuned.vrrp.advertisementIntervalMs': 2000 },
    ],
    [
      'the ends of every range',
      {
        'tiers.frontend.virtualRouterId': 1,
        'tiers.backend.virtualRouterId': 255,
        'ports.tier': 1,
        'ports.statistics': 65_535,
        'profiles.tuned.vrrp.advertisementIntervalMs': 10,
        'profiles.tuned.vrrp.highestPriority': 8,
      },
    ],
    ['no retries of requests', { 'profiles.tuned.haproxy.retryOn': [] }],
    [
      'the smallest LAN',
      {
        'lan.subnet': '10.0.0.0/28',
        'lan.dynamicRange': '10.0.0.8/29',
        'lan.gateway': '10.0.0.1',
        'tiers.frontend.virtualIp': '10.0.0.2',
        'tiers.frontend.nodes.0.address': '10.0.0.3',
        'tiers.frontend.nodes.1.address': '10.0.0.4',
        'tiers.backend.virtualIp': '10.0.0.5',
        'tiers.backend.nodes.0.address': '10.0.0.6',
        'tiers.backend.nodes.1.address': '10.0.0.7',
      },
    ],
  ])('accepts %s', (_what, edits) => {
    expect(editedCluster(edits).tiers).toHaveLength(2);
  });
});

describe('a profile that is like another one', () => {
  it('replaces what it names, and nothing else', () => {
    const emulated = { like: 'tuned', vrrp: { advertisementIntervalMs: 200 }, haproxy: { retryOn: ['502'] } };
    const { vrrp, haproxy, ...others } = editedCluster().profile;
    expect(editedCluster({ profile: 'emulated', 'profiles.emulated': emulated }).profile).toEqual({
      vrrp: { ...vrrp, advertisementIntervalMs: 200 },
      haproxy: { ...haproxy, retryOn: ['502'] },
      ...others,
    });
  });

  it('has values that fit each other, when it is in use', () => {
    const edits = { 'profiles.emulated.vrrp.version': 2, 'profiles.emulated.vrrp.advertisementIntervalMs': 1500 };
    expect(editedCluster(edits).profileName).toBe('tuned');
    expect(() => editedCluster({ ...edits, profile: 'emulated' })).toThrow(
      'cluster.yaml: profiles.emulated.vrrp.advertisementIntervalMs: 1500 must be whole seconds with VRRP version 2',
    );
  });
});

describe('loadCluster', () => {
  it('reads the committed cluster.yaml', async () => {
    const { name, profileName, lan, ports } = await loadCluster(
      new URL('../../cluster.yaml', import.meta.url).pathname,
    );
    expect({ name, profileName, subnet: lan.subnet, ports: { ...ports } }).toEqual({
      name: 'ha-demo',
      profileName: 'tuned',
      subnet: '192.168.99.0/24',
      ports: { service: 3000, tier: 80, statistics: 8080 },
    });
  });

  it('names the file in every line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
    const path = join(folder, 'mine.yaml');
    await writeFile(path, 'name: [');
    await expect(loadCluster(path)).rejects.toThrow(new RegExp(`^${path}: Flow sequence in block collection`));
    await rm(folder, { recursive: true });
  });

  it.each([
    ['/nowhere/cluster.yaml', 'ENOENT'],
    ['/', 'EISDIR'],
  ])('says that %s cannot be read', async (path, code) => {
    const loading = loadCluster(path);
    await expect(loading).rejects.toThrow(InvalidInputError);
    await expect(loading).rejects.toThrow(`${path}: cannot be read (${code})`);
  });
});
