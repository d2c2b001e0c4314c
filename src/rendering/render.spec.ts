import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { type Cluster, nodesOf, type Hosting, withLanInterface } from '../cluster/cluster.js';
import { type Edits, editedCluster, nodes } from '../cluster/testing/edited-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { loadServiceSettings } from '../services/service-settings.js';
import { renderComposeFile, renderConfiguration, renderTopology } from './render.js';
import { lanIdentity } from './views.js';
import { writeRendered } from './write.js';

const PROJECT = new URL('../..', import.meta.url).pathname;
const TEMPLATES = join(PROJECT, 'config-templates');

const VMS: Hosting = 'machines';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Of most edits several files are looked at. */
const configurations = new Map<string, ReturnType<typeof renderConfiguration>>();

async function rendered(path: string, edits: Edits = {}, hosting?: Hosting): Promise<string> {
  const key = JSON.stringify([edits, hosting]);
  if (!configurations.has(key)) configurations.set(key, renderConfiguration(editedCluster(edits, hosting), TEMPLATES));
  const content = (await configurations.get(key)!).get(path);
  if (content === undefined) throw new Error(`${path} was not rendered`);
  return content;
}

/** What a machine's container needs of the OCI runtime specification here. */
interface OciContainer {
  process: { user: object; capabilities: Record<'bounding' | 'effective' | 'permitted', string[]> };
  mounts: { type: string; source: string; destination: string; options: string[] }[];
}

async function containerOnHost(node: string, container: string): Promise<OciContainer> {
  return JSON.parse(await rendered(`hosts/${node}/${container}/config.json`, {}, VMS)) as OciContainer;
}

/** The lines that say something: no comments, no indentation. */
function statements(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe('renderConfiguration', () => {
  const ofNodes = ['frontend-01', 'frontend-02', 'backend-01', 'backend-02'];
  const nodeFiles = ofNodes.flatMap((node) =>
    ['haproxy.cfg', 'keepalived.conf', 'node.env', 'service.json', 'manifest'].map((file) => `nodes/${node}/${file}`),
  );

  it.each([undefined, VMS])(
    'says in a manifest what a node is to have, as sha256sum checks it: %j',
    async (hosting) => {
      const files = await renderConfiguration(editedCluster({}, hosting), TEMPLATES);
      const out = join(folder, 'manifest', hosting ?? 'containers');
      await writeRendered(out, files);
      const { stdout } = await promisify(execFile)('sha256sum', ['--check', 'nodes/backend-01/manifest'], { cwd: out });
      const own = [...files.keys()].filter((path) => /^(nodes|hosts)\/backend-01\/(?!manifest$)/.test(path));
      expect(stdout.trim().split('\n').toSorted()).toEqual(own.map((path) => `${path}: OK`).toSorted());
    },
  );

  it('renders five files a node, and the gateway', async () => {
    const files = await renderConfiguration(editedCluster(), TEMPLATES);
    expect([...files.keys()].toSorted()).toEqual([...nodeFiles, 'gateway/haproxy.cfg'].toSorted());
  });

  it('renders for virtual machines their units, containers and settings instead of the gateway', async () => {
    const files = await renderConfiguration(editedCluster({}, VMS), TEMPLATES);
    const units = ['ha-demo.service', 'haproxy.service', 'keepalived.service'];
    const containers = ['app', 'haproxy', 'keepalived'].map((service) => `${service}/config.json`);
    const settings = [
      'host.env',
      'hosts',
      'modules.conf',
      'rsyslog.conf',
      'sysctl.conf',
      'tmpfiles.conf',
      'user-slice.conf',
    ];
    const hostFiles = ofNodes.flatMap((node) =>
      [...units, ...containers, ...settings].map((file) => `hosts/${node}/${file}`),
    );
    expect([...files.keys()].toSorted()).toEqual([...nodeFiles, ...hostFiles].toSorted());
  });

  it.each<[string, Edits]>([
    ['tuned', {}],
    ['classic', { profile: 'classic' }],
    ['macvlan', { 'lan.type': 'macvlan', 'lan.parent': 'eth7' }],
    ['unicast', { 'profiles.tuned.vrrp.peers': 'unicast' }],
    ['eight nodes', { 'tiers.frontend.nodes': nodes('web', 8, 40) }],
  ])('leaves no trace of a template or of a value that is none: %s', async (_what, edits) => {
    const cluster = editedCluster(edits);
    const files = await renderConfiguration(cluster, TEMPLATES);
    files.set('topology.yaml', await renderTopology(cluster, TEMPLATES));
    for (const [path, content] of files) {
      expect(`${path}: ${content}`).not.toMatch(/\{\{|undefined|NaN|\bnull\b|\[object/);
      expect(`${path}: ${content}`).toMatch(/[^\n]\n$/);
    }
  });
});

describe('haproxy.cfg', () => {
  it.each([2, 3, 8])('has a server for each of the %d nodes of its own tier, named as the node', async (count) => {
    const tier = nodes('web', count, 40);
    const lines = statements(await rendered('nodes/web-02/haproxy.cfg', { 'tiers.frontend.nodes': tier }));
    const servers = tier.map(({ name, address }) => `server ${name} ${address}:3000`);
    const [tiers, lastResort] = [lines.indexOf('backend frontend'), lines.indexOf('backend frontend-last-resort')];
    const serversIn = (part: string[]) => part.filter((line) => line.startsWith('server '));
    expect(serversIn(lines.slice(tiers, lastResort))).toEqual(servers);
    expect(serversIn(lines.slice(lastResort))).toEqual(servers);
    expect(serversIn(lines.slice(0, tiers))).toEqual([]);
  });

  it.each([
    ['container', undefined, 'raw'],
    ['machine, where events have the level that its journal reads', VMS, 'short'],
  ])('logs requests apart from events in a %s', async (_where, hosting, format) => {
    const lines = statements(await rendered('nodes/frontend-01/haproxy.cfg', {}, hosting));
    expect(lines.filter((line) => /^log [^g]/.test(line))).toEqual([
      `log stderr format ${format} local0 info`,
      'log stdout format raw local0 info',
    ]);
  });

  it('has no last resort in the classic profile', async () => {
    expect(await rendered('nodes/frontend-01/haproxy.cfg', { profile: 'classic' })).not.toContain('last-resort');
  });

  it('takes ports and timeouts from the file, those of its tier where they differ', async () => {
    const edits = { 'ports.tier': 81, 'ports.statistics': 8888, 'ports.service': 3333 };
    const [frontend, backend] = await Promise.all(
      ['frontend-01', 'backend-01'].map(async (node) => statements(await rendered(`nodes/${node}/haproxy.cfg`, edits))),
    );
    expect(frontend).toEqual(
      expect.arrayContaining(['bind :81', 'bind :8888', 'timeout server 400ms', 'timeout queue 150ms', 'retries 2']),
    );
    expect(frontend).toContain('server frontend-02 192.168.99.12:3333');
    expect(backend).toEqual(expect.arrayContaining(['bind :81', 'bind :8888', 'timeout server 150ms']));
  });

  it.each([
    {
      profile: 'tuned',
      check: 'default-server check inter 200ms fastinter 50ms downinter 100ms rise 2 fall 2',
      optional: [
        'option redispatch 1',
        'retry-on conn-failure empty-response response-timeout 500 502 504',
        'default-server maxconn 32',
        'option abortonclose',
        'default-server observe layer4 error-limit 1 on-error fastinter',
      ],
    },
    {
      profile: 'classic',
      check: 'default-server check inter 1000ms fastinter 1000ms downinter 1000ms rise 2 fall 2',
      optional: [],
    },
  ])('has the checks, retries and limits of profile $profile', async ({ profile, check, optional }) => {
    const lines = statements(await rendered('nodes/backend-02/haproxy.cfg', { profile }));
    expect(lines).toContain(check);
    expect(
      lines.filter((line) => /^option redispatch|^retry-on|^default-server maxconn|abortonclose|observe/.test(line)),
    ).toEqual(optional);
  });
});

describe("the gateway's haproxy.cfg", () => {
  it('leads from each published port to its virtual IP', async () => {
    const lines = statements(await rendered('gateway/haproxy.cfg', { 'ports.tier': 81 }));
    expect(lines.filter((line) => /^(listen|bind|server) /.test(line))).toEqual([
      ...['listen frontend-tier', 'bind :8010', 'server virtual-ip 192.168.99.10:81'],
      ...['listen frontend-statistics', 'bind :8011', 'server virtual-ip 192.168.99.10:8080'],
      ...['listen backend-tier', 'bind :8020', 'server virtual-ip 192.168.99.20:81'],
      ...['listen backend-statistics', 'bind :8021', 'server virtual-ip 192.168.99.20:8080'],
    ]);
  });
});

describe('keepalived.conf', () => {
  /** The statements of the virtual router. */
  async function instance(node: string, edits: Edits = {}): Promise<string[]> {
    const lines = statements(await rendered(`nodes/${node}/keepalived.conf`, edits));
    return lines.slice(lines.findIndex((line) => line.startsWith('vrrp_instance')));
  }

  it('begins as backup, with the priority of its node and the virtual IP on the virtual MAC', async () => {
    const lines = await instance('backend-02');
    expect(lines[0]).toBe('vrrp_instance backend {');
    expect(lines).toEqual(
      expect.arrayContaining([
        ...['state BACKUP', 'interface eth0', 'use_vmac vrrp.20', 'virtual_router_id 20', 'priority 253'],
        ...['advert_int 0.02', '192.168.99.20/32'],
        ...['haproxy_gone', 'haproxy_stopping', 'keepalived_stopping', 'node_starting'],
      ]),
    );
  });

  const OPTIONAL = /^(use_vmac|vmac_xmit_base|nopreempt|unicast_|garp_master_refresh)/;

  it.each<[string, Edits, string[]]>([
    ['tuned', {}, ['use_vmac vrrp.10']],
    ['classic', { profile: 'classic' }, ['use_vmac vrrp.10']],
    ['without preemption', { 'profiles.tuned.vrrp.preempt': false }, ['use_vmac vrrp.10', 'nopreempt']],
    ['on a macvlan LAN', { 'lan.type': 'macvlan', 'lan.parent': 'eth7' }, ['garp_master_refresh 1']],
    [
      'with unicast peers',
      { 'profiles.tuned.vrrp.peers': 'unicast' },
      ['use_vmac vrrp.10', 'vmac_xmit_base', 'garp_master_refresh 1', 'unicast_src_ip 192.168.99.11', 'unicast_peer {'],
    ],
    [
      'with unicast peers on a macvlan LAN',
      { 'lan.type': 'macvlan', 'lan.parent': 'eth7', 'profiles.tuned.vrrp.peers': 'unicast' },
      ['garp_master_refresh 1', 'unicast_src_ip 192.168.99.11', 'unicast_peer {'],
    ],
  ])('%s', async (_what, edits, expected) => {
    expect((await instance('frontend-01', edits)).filter((line) => OPTIONAL.test(line))).toEqual(expected);
  });

  it('sends to all peers and not to itself when they are unicast', async () => {
    const tier = nodes('web', 3, 40);
    const lines = await instance('web-02', { 'tiers.frontend.nodes': tier, 'profiles.tuned.vrrp.peers': 'unicast' });
    const begin = lines.indexOf('unicast_peer {');
    expect(lines.slice(begin + 1, lines.indexOf('}', begin))).toEqual(['192.168.99.42', '192.168.99.40']);
  });

  it.each([
    ['tuned', ['vrrp_version 3', 'priority 254', 'advert_int 0.02']],
    ['classic', ['vrrp_version 2', 'interval 1', 'timeout 1', 'fall 1', 'priority 100', 'advert_int 1']],
  ])('has the version and timers of profile %s', async (profile, expected) => {
    const lines = statements(await rendered('nodes/frontend-01/keepalived.conf', { profile }));
    expect(lines).toEqual(expect.arrayContaining(expected));
  });

  it.each([
    ['tuned', []],
    ['classic', ['vrrp_script haproxy_answers {', 'track_script {', 'haproxy_answers']],
  ])('of profile %s has a check script only where no watcher asks', async (profile, expected) => {
    const lines = statements(await rendered('nodes/frontend-01/keepalived.conf', { profile }));
    expect(lines.filter((line) => /script {|haproxy_answers/.test(line))).toEqual(expected);
  });

  it('closes every block', async () => {
    const lines = statements(
      await rendered('nodes/frontend-01/keepalived.conf', {
        'profiles.tuned.vrrp.peers': 'unicast',
      }),
    );
    const depths = lines.map((line) => (line.endsWith('{') ? 1 : line === '}' ? -1 : 0));
    expect(depths.reduce<number>((sum, step) => sum + step, 0)).toBe(0);
  });
});

describe('node.env', () => {
  /** What a shell has after it has read the file. */
  async function sourced(node: string, edits: Edits = {}): Promise<Record<string, string>> {
    const path = join(folder, `${node}.env`);
    await writeFile(path, await rendered(`nodes/${node}/node.env`, edits));
    const env = { PATH: process.env['PATH'] };
    const { stdout } = await promisify(execFile)('bash', ['-euc', 'set -a; . "$1"; env', 'bash', path], { env });
    const variables = Object.fromEntries(statements(stdout).map((line) => line.split('=', 2))) as Record<
      string,
      string
    >;
    for (const ofBash of ['PATH', 'PWD', 'SHLVL', '_']) delete variables[ofBash];
    return variables;
  }

  it('gives a shell what the entrypoints need', async () => {
    expect(await sourced('web-03', { 'tiers.frontend.nodes': nodes('web', 3, 40) })).toEqual({
      TIER_PROXY: 'frontend',
      HAPROXY_MASTER_SOCKET: '/run/ha-demo/haproxy-master.sock',
      HAPROXY_USER_SOCKET: '/run/ha-demo/haproxy-user.sock',
      HAPROXY_ADMIN_SOCKET: '/run/ha-demo/haproxy-admin.sock',
      VIRTUAL_ROUTER_ID: '10',
      VIRTUAL_IP: '192.168.99.10',
      VIP_INTERFACE: 'vrrp.10',
      LAN_INTERFACE: 'eth0',
      PEERS: '192.168.99.40 192.168.99.41',
      PEER_SERVERS: 'web-01:192.168.99.40 web-02:192.168.99.41',
      DETECTORS: 'haproxy-gone haproxy-silent haproxy-stopping keepalived-stopping',
      HAPROXY_WATCHER: 'on',
      TIER_PORT: '80',
      MONITOR_URI: '/haproxy-alive',
      REQUEST_INTERVAL_MS: '75',
      REQUEST_TIMEOUT_MS: '150',
      REQUEST_FALL: '2',
      ADVERTISEMENT_INTERVAL_MS: '20',
      PREEMPT: 'on',
      MARK_SILENT_MASTER: 'on',
      PREEMPT_ONCE_SERVING: 'on',
      MOVE_VIP_BEFORE_STOP: 'on',
      MOVE_VIP_STEP_MS: '1000',
      SECOND_CHANCE: 'on',
      PEER_TIMEOUT_MS: '300',
    });
  });

  it.each<[string, Edits, object]>([
    [
      'classic',
      { profile: 'classic' },
      {
        HAPROXY_WATCHER: 'off',
        MARK_SILENT_MASTER: 'off',
        PREEMPT_ONCE_SERVING: 'off',
        MOVE_VIP_BEFORE_STOP: 'off',
        SECOND_CHANCE: 'off',
      },
    ],
    [
      'macvlan',
      { 'lan.type': 'macvlan', 'lan.parent': 'eth7' },
      { HAPROXY_WATCHER: 'on', MOVE_VIP_BEFORE_STOP: 'on', SECOND_CHANCE: 'off', VIP_INTERFACE: 'eth0' },
    ],
  ])('turns off what %s does not have', async (_what, edits, expected) => {
    expect(await sourced('frontend-01', edits)).toMatchObject(expected);
  });
});

describe('service.json', () => {
  async function settings(node: string, edits: Edits = {}) {
    const path = join(folder, `${node}.json`);
    await writeFile(path, await rendered(`nodes/${node}/service.json`, edits));
    return loadServiceSettings(path);
  }

  const common = { port: 3000, warmUpMs: 1500, drainMs: 600, closeTimeoutMs: 4000 };

  it('is what the service of a frontend accepts, and leads to the backend tier', async () => {
    expect(await settings('frontend-02', { 'ports.tier': 81 })).toEqual({
      ...common,
      node: 'frontend-02',
      tier: 'frontend',
      backend: { url: 'http://192.168.99.20:81/backend', attemptTimeoutMs: 190, attempts: 2 },
      statistics: { port: 8080, publishedTierPort: 8010, publishedPort: 8011 },
    });
  });

  it('is what the service of a backend accepts', async () => {
    expect(await settings('backend-01')).toEqual({ ...common, node: 'backend-01', tier: 'backend' });
  });

  it.each<[string, Edits]>([
    ['classic', { profile: 'classic' }],
    [
      'the lowest values',
      {
        'profiles.tuned.service': {
          backendAttempts: 1,
          backendAttemptTimeoutMs: 11,
          warmUpMs: 0,
          drainMs: 0,
          closeTimeoutMs: 100,
        },
        'profiles.tuned.haproxy.serverTimeoutMs': { frontend: 12, backend: 10 },
      },
    ],
    [
      'the highest values',
      {
        'tiers.frontend.nodes': nodes(`f${'x'.repeat(27)}`, 2, 31),
        'profiles.tuned.service': {
          ...{ backendAttempts: 9, backendAttemptTimeoutMs: 60_000 },
          ...{ warmUpMs: 60_000, drainMs: 60_000, closeTimeoutMs: 60_000 },
        },
        'profiles.tuned.haproxy.serverTimeoutMs': { frontend: 600_000, backend: 59_999 },
      },
    ],
  ])('is accepted for whatever cluster.yaml may say: %s', async (_what, edits) => {
    for (const node of nodesOf(editedCluster(edits))) {
      expect(await settings(node.name, edits)).toMatchObject({ node: node.name, tier: node.tier });
    }
  });
});

describe('systemd units', () => {
  /** Directives by section, as name and value. */
  function sections(unit: string): Record<string, [name: string, value: string][]> {
    const result: Record<string, [string, string][]> = {};
    let current: [string, string][] = [];
    for (const line of statements(unit)) {
      const section = /^\[(\w+)\]$/.exec(line)?.[1];
      const directive = /^(\w+)=(.+)$/.exec(line);
      if (section) result[section] = current = [];
      else if (directive) current.push([directive[1]!, directive[2]!]);
      else throw new Error(`neither a section nor a directive: ${line}`);
    }
    return result;
  }

  const UNITS = [
    ['ha-demo.service', 'app', 'service'],
    ['haproxy.service', 'haproxy', 'haproxy'],
    ['keepalived.service', 'keepalived', 'keepalived'],
  ] as const;

  it.each(UNITS)('%s starts one hardened container, and leaves it the time to stop', async (unit, container, image) => {
    const service = sections(await rendered(`hosts/backend-02/${unit}`, {}, VMS))['Service']!;
    const valuesOf = (directive: string) => service.filter(([name]) => name === directive).map(([, value]) => value);
    expect(valuesOf('ExecStart')).toEqual([
      `/usr/bin/env runc run --bundle /etc/ha-demo/hosts/backend-02/${container} ha-demo-${container}`,
    ]);
    expect(await containerOnHost('backend-02', container)).toMatchObject({
      process: { env: expect.arrayContaining(['HA_DEMO_NODE=backend-02']), noNewPrivileges: true },
      root: { path: `/var/lib/ha-demo/images/${image}`, readonly: true },
      linux: {
        cgroupsPath: `/ha-demo-${container}`,
        namespaces: expect.not.arrayContaining([{ type: 'network' }]),
      },
    });
    // A stop is systemd's own SIGTERM, in good time; what a killed runc has left must not be in the way of a start.
    expect(valuesOf('ExecStop')).toEqual([]);
    expect(valuesOf('ExecStopPost')).toEqual([`/usr/bin/env runc delete --force ha-demo-${container}`]);
    const { haproxy, service: app } = editedCluster({}, VMS).profile;
    const drainMs = unit === 'haproxy.service' ? haproxy.drainMs : app.drainMs + app.closeTimeoutMs;
    expect(Number(valuesOf('TimeoutStopSec')[0]) * 1000).toBeGreaterThan(drainMs + 2000);
  });
});

describe('what virtual machines get', () => {
  it('has the timers of the profile, as containers have', async () => {
    const path = 'nodes/backend-01/keepalived.conf';
    expect(statements(await rendered(path, {}, VMS))).toContain('advert_int 0.02');
    expect(statements(await rendered(path, { profile: 'emulated' }, VMS))).toContain('advert_int 0.1');
  });

  it("names the LAN's interface of the host", async () => {
    const files = await renderConfiguration(withLanInterface(editedCluster({}, VMS), 'eth1'), TEMPLATES);
    const onEth1 = (path: string) => files.get(path)!;
    expect(statements(onEth1('nodes/backend-01/keepalived.conf'))).toContain('interface eth1');
    expect(statements(onEth1('nodes/backend-01/node.env'))).toContain('LAN_INTERFACE=eth1');
    expect(statements(onEth1('hosts/backend-01/sysctl.conf'))).toContain('net/ipv4/conf/eth1/rp_filter = 0');
  });

  it('has an HAProxy that opens its ports as root and goes on as its own user', async () => {
    const { user, capabilities } = (await containerOnHost('frontend-01', 'haproxy')).process;
    expect(user).toEqual({ uid: 0, gid: 0 });
    expect(capabilities.effective).toEqual(['CAP_NET_BIND_SERVICE', 'CAP_SETUID', 'CAP_SETGID', 'CAP_KILL']);
    expect(statements(await rendered('nodes/frontend-01/haproxy.cfg', {}, VMS))).toEqual(
      expect.arrayContaining(['user ha-demo', 'group ha-demo']),
    );
    expect(await rendered('nodes/frontend-01/haproxy.cfg')).not.toContain('user ha-demo');
  });

  it('repeats gratuitous ARP, since an old kernel ignores a second one within a second', async () => {
    expect(statements(await rendered('nodes/backend-01/keepalived.conf', {}, VMS))).toContain('garp_master_refresh 1');
    expect(await rendered('nodes/backend-01/keepalived.conf')).not.toContain('garp_master_refresh');
  });

  it('resolves the virtual IPs and the nodes by name', async () => {
    const lines = (await rendered('hosts/frontend-02/hosts', {}, VMS)).split('\n');
    expect(lines).toEqual(expect.arrayContaining(['192.168.99.10 frontend-00', '192.168.99.22 backend-02']));
  });

  it("has room for the connections of a load in the kernel's table, once that is there", async () => {
    expect(statements(await rendered('hosts/frontend-01/modules.conf', {}, VMS))).toContain('nf_conntrack');
    expect(statements(await rendered('hosts/frontend-01/sysctl.conf', {}, VMS))).toEqual(
      expect.arrayContaining([
        'net.netfilter.nf_conntrack_max = 262144',
        'net.netfilter.nf_conntrack_tcp_timeout_time_wait = 10',
      ]),
    );
  });

  it('forgets closed connections in tiers of two only', async () => {
    const setting = 'net.ipv4.tcp_max_tw_buckets = 0';
    expect(statements(await rendered('hosts/frontend-01/sysctl.conf', {}, VMS))).toContain(setting);
    const three = { 'tiers.frontend.nodes': nodes('frontend', 3, 40) };
    expect(statements(await rendered('hosts/frontend-01/sysctl.conf', three, VMS))).not.toContain(setting);
  });
});

describe('renderTopology', () => {
  interface Topology {
    services: Record<string, ComposeService>;
    networks: { lan: { driver: string; driver_opts: object; ipam: { config: object[] }; labels: object } };
    volumes: Record<string, { driver_opts?: object } | null>;
  }

  interface ComposeService {
    image: string;
    hostname?: string;
    network_mode?: string;
    pid?: string;
    networks?: { lan: { ipv4_address: string } };
    ports?: string[];
    extra_hosts?: object;
    volumes: string[];
    cap_drop: string[];
    cap_add?: string[];
    security_opt: string[];
    read_only: boolean;
    privileged?: boolean;
    stop_grace_period?: string;
    sysctls: Record<string, number>;
    labels: Record<string, string>;
  }

  async function topologyOf(cluster: Cluster): Promise<Topology> {
    return parse(await renderTopology(cluster, TEMPLATES), { merge: true, maxAliasCount: -1 }) as Topology;
  }

  it('is what is committed', async () => {
    const committed = await readFile(join(PROJECT, 'compose', 'topology.yaml'), 'utf8');
    expect(await renderTopology(editedCluster(), TEMPLATES)).toBe(committed);
  });

  it.each([2, 3, 8])('makes a pod of each of %d nodes a tier', async (count) => {
    const cluster = editedCluster({
      'tiers.frontend.nodes': nodes('web', count, 40),
      'tiers.backend.nodes': nodes('db', count, 60),
    });
    const { services, volumes } = await topologyOf(cluster);
    const pods = nodesOf(cluster);
    expect(Object.keys(services)).toEqual([
      'config',
      'gateway',
      ...pods.flatMap(({ name }) => [name, `${name}-app`, `${name}-haproxy`, `${name}-keepalived`]),
    ]);
    expect(Object.keys(volumes)).toEqual(['config', ...pods.map(({ name }) => `run-${name}`)]);
    for (const { name, address } of pods) {
      expect(services[name]).toMatchObject({
        hostname: name,
        networks: { lan: { ipv4_address: address } },
        labels: { 'ha-demo.role': 'node', 'ha-demo.node': name },
      });
      for (const role of ['app', 'haproxy', 'keepalived']) {
        expect(services[`${name}-${role}`]).toMatchObject({
          image: `ha-demo/${role === 'app' ? 'service' : role}`,
          network_mode: `service:${name}`,
          pid: `service:${name}`,
          labels: { 'ha-demo.role': role, 'ha-demo.node': name },
        });
      }
    }
  });

  it('asks a neighbour again soon, when the cable is back, and gives it up no sooner than ever', async () => {
    const { services } = await topologyOf(editedCluster({ 'lan.interface': 'lan0' }));
    const { retrans_time_ms: everyMs, mcast_solicit: times } = Object.fromEntries(
      Object.entries(services['frontend-01']!.sysctls).map(([key, value]) => [key.split('neigh.lan0.').at(-1), value]),
    ) as Record<string, number>;
    expect(everyMs! * times!).toBe(3000);
  });

  it('hardens every container, and gives capabilities to keepalived alone, the same as on a machine', async () => {
    const { services } = await topologyOf(editedCluster());
    const { bounding, ...sets } = (await containerOnHost('backend-02', 'keepalived')).process.capabilities;
    expect(sets).toEqual({ effective: bounding, permitted: bounding });
    const capabilities = bounding.map((capability) => capability.replace(/^CAP_/, ''));
    for (const [name, service] of Object.entries(services)) {
      expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges'], read_only: true });
      expect(service.privileged).toBeUndefined();
      expect(service.cap_add).toEqual(name.endsWith('-keepalived') ? capabilities : undefined);
    }
  });

  it("shows each service its node's /run/ha-demo, as a machine does, and lets it write nowhere", async () => {
    const { services } = await topologyOf(editedCluster());
    expect(services['backend-02-app']!.volumes).toEqual(['config:/etc/ha-demo:ro', 'run-backend-02:/run/ha-demo:ro']);
    const { mounts } = await containerOnHost('backend-02', 'app');
    const bound = mounts.filter(({ type }) => type === 'bind');
    expect(bound.map(({ source }) => source)).toEqual([
      '/etc/hosts',
      '/etc/ha-demo',
      '/run/systemd/journal',
      '/run/ha-demo',
    ]);
    for (const { source, destination, options } of bound) {
      expect(destination).toBe(source);
      expect(options).toContain('ro');
    }
  });

  it("keeps each node's /run/ha-demo in memory, of a limited size", async () => {
    const { volumes } = await topologyOf(editedCluster());
    expect(volumes['run-backend-02']!.driver_opts).toEqual({
      ...{ type: 'tmpfs', device: 'tmpfs', o: expect.stringMatching(/^size=\d+m,mode=0775,gid=10001$/) },
    });
  });

  it('resolves the virtual IPs by name on every node', async () => {
    const cluster = editedCluster({ 'tiers.backend.virtualIp': '192.168.99.99' });
    const { services } = await topologyOf(cluster);
    for (const { name } of nodesOf(cluster)) {
      expect(services[name]!.extra_hosts).toEqual({ 'frontend-00': '192.168.99.10', 'backend-00': '192.168.99.99' });
    }
  });

  it('publishes on the loopback alone', async () => {
    const { services } = await topologyOf(editedCluster());
    for (const [name, { ports }] of Object.entries(services)) {
      const published = [8010, 8011, 8020, 8021].map((port) => `127.0.0.1:${port}:${port}`);
      expect(ports).toEqual(name === 'gateway' ? published : undefined);
    }
  });

  it('quotes definitions: YAML reads 736989237669 as a number, which no label of a container is', async () => {
    const definitions = [
      ...(await renderTopology(editedCluster(), TEMPLATES)).matchAll(/ha-demo\.definition: (\S+)/g),
    ].map(([, value]) => value);
    expect(definitions).not.toEqual([]);
    expect(definitions.filter((value) => !/^'[0-9a-f]{12}'$/.test(value!))).toEqual([]);
  });

  it.each<[string, Edits, string[]]>([
    ['a timer of VRRP', { 'profiles.tuned.vrrp.advertisementIntervalMs': 50 }, []],
    ['a route of the gateway', { 'ports.tier': 81 }, ['gateway']],
    [
      "the LAN's interface inside a node, which its kernel settings name",
      { 'lan.interface': 'eth1' },
      ['frontend-01', 'frontend-02', 'backend-01', 'backend-02'],
    ],
    ['the address of a node', { 'tiers.backend.nodes.1.address': '192.168.99.29' }, ['backend-02']],
    [
      'a virtual IP, which every node resolves',
      { 'tiers.backend.virtualIp': '192.168.99.99' },
      ['gateway', 'frontend-01', 'frontend-02', 'backend-01', 'backend-02'],
    ],
    [
      'the time that services have to stop',
      { 'profiles.tuned.service.closeTimeoutMs': 9000 },
      ['frontend-01', 'frontend-02', 'backend-01', 'backend-02'].flatMap((name) =>
        ['app', 'haproxy', 'keepalived'].map((role) => `${name}-${role}`),
      ),
    ],
  ])('gives another definition to what has changed with %s, and to nothing else', async (_what, edits, changed) => {
    const definitionsOf = async (cluster: Cluster) =>
      Object.entries((await topologyOf(cluster)).services).map(([name, { labels }]) => ({
        name,
        definition: labels['ha-demo.definition'],
      }));
    const before = await definitionsOf(editedCluster());
    const after = await definitionsOf(editedCluster(edits));
    const differing = after.filter(({ definition }, index) => definition !== before[index]!.definition);
    expect(differing.map(({ name }) => name)).toEqual(changed);
  });

  it('gives each service longer to stop than it may take', async () => {
    const { services } = await topologyOf(
      editedCluster({
        'profiles.tuned.haproxy.drainMs': 7100,
        'profiles.tuned.service.drainMs': 1000,
        'profiles.tuned.service.closeTimeoutMs': 4500,
      }),
    );
    const seconds = (name: string) => Number(services[name]!.stop_grace_period!.replace(/s$/, ''));
    expect(seconds('backend-01-app')).toBeGreaterThan(5.5);
    expect(seconds('backend-01-haproxy')).toBeGreaterThan(7.1);
    expect(seconds('backend-01-keepalived')).toBeGreaterThan(1);
  });

  it.each<[string, Edits, object]>([
    ['bridge', {}, { 'com.docker.network.bridge.enable_ip_masquerade': 'false' }],
    ['macvlan', { 'lan.type': 'macvlan', 'lan.parent': 'eth7.99' }, { parent: 'eth7.99' }],
  ])('makes a %s LAN', async (driver, edits, driver_opts) => {
    const cluster = editedCluster(edits);
    const { lan } = (await topologyOf(cluster)).networks;
    expect(lan).toEqual({
      driver,
      driver_opts,
      ipam: {
        config: [{ subnet: '192.168.99.0/24', gateway: '192.168.99.1', ip_range: '192.168.99.128/25' }],
      },
      labels: { 'ha-demo.lan': lanIdentity(cluster) },
    });
  });

  it('puts the gateway of a macvlan LAN on a network that can publish its ports, too', async () => {
    const { services, networks } = await topologyOf(editedCluster({ 'lan.type': 'macvlan', 'lan.parent': 'eth7' }));
    expect(services['gateway']).toMatchObject({ networks: ['gateway', 'lan'] });
    expect(Object.keys(networks)).toEqual(['gateway', 'lan']);
  });
});

describe('renderComposeFile', () => {
  it('is what is committed', async () => {
    const committed = await readFile(join(PROJECT, 'compose.yaml'), 'utf8');
    expect(await renderComposeFile(editedCluster(), TEMPLATES)).toBe(committed);
  });

  it('names the project as the lab', async () => {
    expect(parse(await renderComposeFile(editedCluster({ name: 'other' }), TEMPLATES))).toMatchObject({
      name: 'other',
    });
  });
});

describe('lanIdentity', () => {
  it.each<[string, Edits, boolean]>([
    ['another name, tier and timer', { name: 'other', 'ports.tier': 81, profile: 'classic' }, false],
    ['another node', { 'tiers.backend.nodes.1.address': '192.168.99.29' }, false],
    ['another subnet', { 'lan.subnet': '192.168.0.0/16' }, true],
    ['another dynamic range', { 'lan.dynamicRange': '192.168.99.192/26' }, true],
    ['another gateway', { 'lan.gateway': '192.168.99.2' }, true],
    ['another type', { 'lan.type': 'macvlan', 'lan.parent': 'eth0' }, true],
  ])('%s: a new network: %p', (_what, edits, differs) => {
    expect(lanIdentity(editedCluster(edits)) !== lanIdentity(editedCluster())).toBe(differs);
  });
});

describe('a template', () => {
  async function failureWith(template: string, content: string | undefined): Promise<string> {
    const templates = join(folder, 'templates');
    await cp(TEMPLATES, templates, { recursive: true });
    if (content === undefined) await rm(join(templates, template));
    else await writeFile(join(templates, template), content);
    const render = template.startsWith('compose/') ? renderTopology : renderConfiguration;
    const error = await render(editedCluster(), templates).then(
      () => new Error('was accepted'),
      (reason: Error) => reason,
    );
    await rm(templates, { recursive: true });
    expect(error.message).toMatch(new RegExp(`^${join(templates, template)}: [^\\n]+$`));
    expect(error).toBeInstanceOf(InvalidInputError);
    return error.message.slice(join(templates, template).length + 2);
  }

  it.each([
    ['{{nope}}', '"nope" not defined in'],
    ['{{node.nope}}', '"nope" not defined in'],
    ['{{#each servers}}{{nope}}{{/each}}', '"nope" not defined in'],
    ['{{#if vrrp.unicst}}unicast{{/if}}', '{{#if}} is given a name that is not defined - 1:0'],
    ['\n  {{#unless node.nope}}x{{/unless}}', '{{#unless}} is given a name that is not defined - 2:2'],
    ['{{#each node.pears}}{{name}}{{/each}}', '{{#each}} is given a name that is not defined - 1:0'],
    ['{{#if node}}', 'Parse error on line 1'],
    ['{{> nothing}}', 'The partial nothing could not be found'],
    [undefined, 'cannot be read (ENOENT)'],
  ])('%j is refused with its file and what is wrong', async (content, reason) => {
    expect(await failureWith('keepalived/keepalived.conf.hbs', content)).toContain(reason);
  });

  it.each(['compose/topology.yaml.hbs', 'haproxy/gateway.cfg.hbs', 'node/node.env.hbs'])(
    '%s with an unknown name is refused as well',
    async (template) => {
      expect(await failureWith(template, '{{nope}}')).toContain('"nope" not defined in');
    },
  );
});
