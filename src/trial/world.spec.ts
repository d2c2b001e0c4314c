import { describe, expect, it } from '@jest/globals';
import { pair, type PairEdits, replaced } from '../check/testing/pair.js';
import { podsOf } from './pods.js';
import { worldOf } from './world.js';

const world = (edits: PairEdits = {}) => worldOf(pair(edits));

describe('the nodes', () => {
  it('have the addresses and interfaces that their files say, the master first', () => {
    const { nodes, lan, virtualRouters } = world({ both: replaced('interface eth0', 'interface ens33') });
    expect(nodes.map(({ name, address, interfaces }) => `${name} ${address} ${interfaces.join()}`)).toEqual([
      'lb1 10.20.30.11 ens33',
      'lb2 10.20.30.12 ens33',
    ]);
    expect({ lan, virtualRouters }).toEqual({
      lan: {
        ...{ subnet: '10.20.30.0/24', dynamicRange: '10.20.30.224/28' },
        ...{ gateway: '10.20.30.254', serversAddress: '10.20.30.253' },
      },
      virtualRouters: [
        {
          ...{ id: 61, label: 'EDGE (router id 61)', virtualIp: '10.20.30.100' },
          asked: { port: 80, mode: 'http' },
        },
      ],
    });
  });

  it('get addresses that nobody has where the files say none', () => {
    const multicast = (text: string) =>
      text.replace(/ {4}unicast_src_ip[^\n]*\n/, '').replace(/ {4}unicast_peer \{[^}]*\}\n/, '');
    const { nodes } = world({ both: multicast, haproxy: replaced('10.20.30.21', '10.20.30.254') });
    expect(nodes.map(({ address }) => address)).toEqual(['10.20.30.253', '10.20.30.252']);
  });

  it('have an address that only a peer names', () => {
    const { nodes } = world({ lb2: (text) => text.replace(/ {4}unicast_src_ip[^\n]*\n/, '') });
    expect(nodes.map(({ address }) => address)).toEqual(['10.20.30.11', '10.20.30.12']);
  });

  it('are on a wider LAN when an address lies outside', () => {
    expect(world({ both: replaced('10.20.30.12', '10.20.31.12') }).lan.subnet).toBe('10.20.0.0/16');
  });
});

describe('the servers', () => {
  it('have a stand-in each, at the address that HAProxy asks', () => {
    const { standIns, differences } = world();
    expect(standIns.map(({ name, address, port, mode }) => `${name} ${address}:${port} ${mode}`)).toEqual([
      'pool/app1 10.20.30.21:8080 http',
      'pool/app2 10.20.30.22:8080 http',
    ]);
    expect(differences).toContain('server pool/app1 (10.20.30.21:8080): a stand-in');
  });

  it('on a port of the node itself are in the node, those of a peer in the peer', () => {
    const { nodes, standIns } = world({
      haproxy: (text) => text.replace('10.20.30.21:8080', '127.0.0.1:8080').replace('10.20.30.22', '10.20.30.12'),
    });
    expect(standIns).toEqual([]);
    expect(nodes.map(({ standIns: own }) => own.map(({ address, port }) => `${address}:${port}`))).toEqual([
      ['127.0.0.1:8080'],
      ['10.20.30.12:8080', '127.0.0.1:8080'],
    ]);
  });

  it('with a name have an address that the name leads to', () => {
    const { hosts, standIns } = world({ haproxy: replaced('10.20.30.21', 'app1.example') });
    expect(hosts).toEqual({ 'app1.example': standIns[0]!.address });
  });

  it('without a port are asked at that of the frontend', () => {
    const listen = (text: string) => `${text}\nlisten other\n    bind :8081\n    server x 10.20.30.23 check\n`;
    expect(world({ haproxy: listen }).standIns.at(-1)).toMatchObject({ address: '10.20.30.23', port: 8081 });
  });

  it('are asked at the port of their health check, too', () => {
    const { standIns } = world({ haproxy: replaced('21:8080 check', '21:8080 check port 8081') });
    expect(standIns.map(({ port }) => port)).toEqual([8080, 8081, 8080]);
  });

  it('that are a proxy of the node, or the virtual IP, are no stand-ins', () => {
    const { standIns, nodes, differences } = world({
      haproxy: (text) =>
        `${text.replace('10.20.30.21:8080', '127.0.0.1:9000').replace('10.20.30.22:8080', '10.20.30.100:80')}
frontend inner
    bind 127.0.0.1:9000
`,
    });
    expect([...standIns, ...nodes.flatMap((node) => node.standIns)]).toEqual([]);
    expect(differences.filter((text) => text.startsWith('server '))).toEqual([
      'server pool/app1 (127.0.0.1:9000): the HAProxy of lb1 itself',
      'server pool/app2 (10.20.30.100:80): the virtual IP itself',
      'server pool/app1 (127.0.0.1:9000): the HAProxy of lb2 itself',
    ]);
  });

  it('that are asked in a way that stand-ins do not understand are said', () => {
    const wants = (haproxy: (text: string) => string) => world({ haproxy }).differences.join('\n');
    expect(wants(replaced('21:8080 check', '21:8080 check proto h2'))).toContain('not understand proto: it is down');
    expect(wants(replaced('21:8080 check', '21:8080 check ssl'))).toContain('ssl without `verify none`: it is down');
    expect(wants(replaced('option httpchk GET /healthz', 'option smtpchk'))).toContain('option smtpchk: it is down');
  });

  it('that are sockets are said, and have none', () => {
    const { differences, standIns } = world({ haproxy: replaced('10.20.30.21:8080', 'unix@/run/app.sock') });
    expect(standIns).toHaveLength(1);
    expect(differences.join('\n')).toMatch(/pool\/app1 \(unix@\/run\/app\.sock\): not a host with a port/);
  });
});

describe('clients ask', () => {
  it.each<[string, string]>([
    ['not at a port with TLS', 'frontend tls\n    bind :443 ssl crt /x.pem\n    default_backend pool\n'],
    ['not at an address of the node alone', 'frontend local\n    bind 127.0.0.1:9000\n    default_backend pool\n'],
    ['not at what leads to no server', 'frontend redirect\n    bind :8000\n    http-request redirect scheme https\n'],
  ])('%s', (_what, before) => {
    expect(world({ haproxy: replaced('frontend www', `${before}\nfrontend www`) }).virtualRouters[0]!.asked).toEqual({
      port: 80,
      mode: 'http',
    });
  });

  it('over TCP where nothing is for HTTP', () => {
    const { virtualRouters } = world({ haproxy: replaced('mode http', 'mode tcp') });
    expect(virtualRouters[0]!.asked).toEqual({ port: 80, mode: 'tcp' });
  });
});

describe('a second virtual router', () => {
  /** The second has its edits. */
  const twice = (edit: (text: string) => string) => (text: string) =>
    text +
    edit(
      text
        .slice(text.indexOf('vrrp_instance'))
        .replace('EDGE', 'EDGE2')
        .replace('id 61', 'id 62')
        .replace('30.100', '30.101'),
    );
  const second = 'EDGE2 (router id 62)';

  it('of the same nodes is drilled, too', () => {
    const { virtualRouters } = world({ both: twice((text) => text) });
    expect(virtualRouters.map(({ label, virtualIp }) => `${label} ${virtualIp}`)).toEqual([
      'EDGE (router id 61) 10.20.30.100',
      `${second} 10.20.30.101`,
    ]);
  });

  it.each<[string, (text: string) => string, string]>([
    ['on another interface', replaced('eth0', 'eth1'), 'it is not on the interface of EDGE (router id 61)'],
    ['on another LAN', replaced('10.20.30.101', '192.0.2.1'), '192.0.2.1 is not on 10.20.30.0/24'],
    ['of IPv6', replaced('10.20.30.101/24', '2001:db8::1/64'), ': 2001:db8::1 is IPv6, which try does not run'],
  ])('%s is not, which is said', (_what, edit, why) => {
    const { virtualRouters, differences } = world({ both: twice(edit) });
    expect(virtualRouters).toHaveLength(1);
    const said = differences.filter((text) => text.startsWith(`${second}: runs, and is not drilled: `));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(why);
  });

  it('with a node that does not run is not', () => {
    const cluster = pair({ lb2: twice((text) => text) });
    const alone = pair({ lb2: (text) => twice((own) => own)(text).replace(/vrrp_instance EDGE \{[^]*?\n\}\n/, '') });
    const { virtualRouters, differences } = worldOf({
      ...cluster,
      nodes: [...cluster.nodes, { ...alone.nodes[1]!, name: 'lb3' }],
    });
    expect(virtualRouters).toHaveLength(1);
    expect(differences).toContain(`${second}: runs, and is not drilled: not all of its nodes run`);
    expect(differences).toContain('lb3: not in the virtual router, and not run');
  });

  it('that clients can ask goes before a first one that they cannot', () => {
    const { virtualRouters } = world({
      both: twice((text) => text),
      haproxy: replaced('bind :80', 'bind 10.20.30.101:80'),
    });
    expect(virtualRouters.map(({ label }) => label)).toEqual([second]);
  });
});

describe('refuses in one line, with its place', () => {
  it.each<[string, PairEdits, RegExp]>([
    [
      'IPv6',
      { both: replaced('10.20.30.100/24', '2001:db8::1/64') },
      /^lb1\/keepalived\.conf:\d+: 2001:db8::1 is IPv6/,
    ],
    [
      'no virtual IP',
      { both: (text) => text.replace(/ {4}virtual_ipaddress \{[^}]*\}\n/, '') },
      /no virtual_ipaddress/,
    ],
    ['HTTPS alone', { haproxy: replaced('bind :80', 'bind :443 ssl crt /x.pem') }, /on a port without ssl/],
    [
      'peers outside of the LAN',
      { both: (text) => text.replaceAll(/10\.20\.30\.1([12])\b/g, '172.16.0.1$1') },
      /^lb1\/keepalived\.conf:\d+: lb1 has 172\.16\.0\.11, which is not on the LAN of the virtual IP/,
    ],
    [
      'two interfaces in a sync group',
      {
        both: (text) =>
          `${text}${text.slice(text.indexOf('vrrp_instance')).replace('EDGE', 'INSIDE').replace('eth0', 'eth1').replace('30.100', '30.101').replace('id 61', 'id 62')}vrrp_sync_group BOTH {\n    group {\n        EDGE\n        INSIDE\n    }\n}\n`,
      },
      /^lb1\/keepalived\.conf:\d+: on lb1 BOTH holds EDGE and INSIDE together/,
    ],
    [
      'no instance',
      { both: (text) => text.slice(0, text.indexOf('vrrp_instance')) },
      /^lb1\/keepalived\.conf: no vrrp_instance/,
    ],
  ])('%s', (_what, edits, message) => {
    expect(() => world(edits)).toThrow(message);
  });
});

it('says what scripts are missing, and not of tools that are there', () => {
  const { differences } = world({ lb2: replaced('/usr/bin/killall -0 haproxy', '/usr/local/bin/check_it.sh') });
  expect(differences.filter((text) => text.includes('not beside'))).toEqual([
    'lb2: /usr/local/bin/check_it.sh is not beside keepalived.conf: the check fails, or is left out',
  ]);
});

describe('what answers for a server', () => {
  const fileOf = (haproxy: (text: string) => string) => podsOf(world({ haproxy }), () => '').servers!.configuration;

  it('has TLS, and expects the PROXY protocol, where it is asked so', () => {
    const file = fileOf(replaced('21:8080 check', '21:8080 check ssl verify none send-proxy-v2'));
    expect(file).toMatch(/bind 10\.20\.30\.21:8080 accept-proxy ssl crt \/tmp\/stand-in\.pem\n/);
    expect(file).toMatch(/bind 10\.20\.30\.22:8080\n/);
  });

  it.each([
    ['mysql-check user haproxy', 'lua.mysql'],
    ['pgsql-check user haproxy', 'lua.postgresql'],
    ['redis-check', 'lua.redis'],
  ])('answers option %s', (option, service) => {
    const file = fileOf((text) => text.replace('mode http', 'mode tcp').replace('httpchk GET /healthz', option));
    expect(file).toContain(`tcp-request content use-service ${service}\n`);
    expect(file).toContain(`default_backend ${service.replace('lua.', '')}\n`);
  });
});

it('becomes pods: a folder of files each, and what answers for servers', () => {
  const { nodes, servers } = podsOf(world(), (node) => `/input/${node}`);
  expect(nodes.map(({ input }) => input)).toEqual(['/input/lb1', '/input/lb2']);
  expect(servers!.addresses).toEqual(['10.20.30.21', '10.20.30.22']);
  expect(servers!.configuration).toMatch(/bind 10\.20\.30\.22:8080\n[^]* {4}http-request return status 200 .*"app2"/);
});
