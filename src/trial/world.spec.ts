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
          asked: { scheme: 'http', port: 80, path: '/', host: undefined, mode: 'http', proxies: ['www', 'pool'] },
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
    expect(standIns.map(({ names, address, port, mode }) => `${names.join()} ${address}:${port} ${mode}`)).toEqual([
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
    expect(wants(replaced('21:8080 check', '21:8080 check proto h2'))).toContain('not understand proto h2: it is down');
    expect(wants(replaced('21:8080 check', '21:8080 check ssl'))).toContain('ssl without `verify none`: it is down');
    const expecting = (rule: string) => replaced('GET /healthz', `GET /healthz\n    ${rule}`);
    expect(wants(expecting('http-check expect rstatus ^3'))).toContain('http-check expect rstatus ^3: it is down');
    expect(wants(expecting('http-check expect ! status 200'))).toContain('expect ! status 200: it is down');
    expect(wants(expecting('http-check expect status 200-399'))).not.toContain('it is down');
    expect(
      wants(replaced('option httpchk GET /healthz', 'option tcp-check\n    tcp-check expect string +PONG')),
    ).toContain('tcp-check expect: it is down');
    expect(wants(replaced('option httpchk GET /healthz', 'option smtpchk'))).toContain('option smtpchk: it is down');
  });

  it('that are sockets are said, and have none', () => {
    const { differences, standIns } = world({ haproxy: replaced('10.20.30.21:8080', 'unix@/run/app.sock') });
    expect(standIns).toHaveLength(1);
    expect(differences.join('\n')).toMatch(/pool\/app1 \(unix@\/run\/app\.sock\): not a host with a port/);
  });
});

it('says what scripts are missing, and not of tools that are there', () => {
  const { differences } = world({ lb2: replaced('/usr/bin/killall -0 haproxy', '/usr/local/bin/check_it.sh') });
  expect(differences.filter((text) => text.includes('not beside'))).toEqual([
    'lb2: /usr/local/bin/check_it.sh is not beside keepalived.conf: the check fails, or is left out',
  ]);
});

describe('what answers for a server', () => {
  const fileOf = (haproxy: (text: string) => string) =>
    podsOf(world({ haproxy }), 'trixie', () => '').servers!.configuration;

  it('has TLS, and expects the PROXY protocol, where it is asked so', () => {
    const file = fileOf(replaced('21:8080 check', '21:8080 check ssl verify none send-proxy-v2'));
    expect(file).toMatch(/bind 10\.20\.30\.21:8080 accept-proxy ssl crt \/tmp\/stand-in\.pem\n/);
    expect(file).toMatch(/bind 10\.20\.30\.22:8080\n/);
  });

  it.each([
    [
      'option httpchk GET /up?a=b',
      'http-check expect status 204',
      'status 204 .*"app1"}\' unless { req.hdr.user-agent. ha-demo-probe }\n.*status 200 ',
    ],
    [
      'option httpchk',
      'http-check expect string re\n    http-check expect string ady',
      'status 200 .*"health":"re ady"}\'',
    ],
    ['option httpchk /up', 'http-check expect string ready', 'status 200 .*"health":"ready"}\''],
  ])('answers %s with %s', (option, rule, answer) => {
    expect(fileOf(replaced('option httpchk GET /healthz', `${option}\n    ${rule}`))).toMatch(
      new RegExp(answer.replaceAll('{', '\\{')),
    );
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

it('lists the certificates that have to be made', () => {
  const tls = (text: string) =>
    text
      .replace('defaults', 'global\n    crt-base /etc/haproxy\n    ca-base /etc/ssl\ndefaults')
      .replace(
        'bind :80',
        'bind :80\n    bind :443 ssl crt site.pem crt /etc/haproxy/certs crt /etc/haproxy/more ca-file own.crt',
      );
  const { nodes, differences } = world({ haproxy: tls, files: { 'etc/haproxy/more/a.pem': 'PEM' } });
  const expected = ['/etc/haproxy/site.pem', '/etc/haproxy/certs/stand-in.pem', '/etc/ssl/own.crt'];
  expect(nodes[0]!.missingCertificates).toEqual(expected);
  expect(differences.filter((text) => text.startsWith('lb1:') && text.includes('nobody has signed'))).toHaveLength(3);
  expect(podsOf(world({ haproxy: tls }), 'trixie', () => '').nodes[0]!.certificates).toContain('/etc/haproxy/site.pem');
});

it('becomes pods: a folder of files each, and what answers for servers', () => {
  const { nodes, servers } = podsOf(world(), 'trixie', (node) => `/input/${node}`);
  expect(nodes.map(({ input }) => input)).toEqual(['/input/lb1', '/input/lb2']);
  expect(servers!.addresses).toEqual(['10.20.30.21', '10.20.30.22']);
  expect(servers!.configuration).toMatch(/bind 10\.20\.30\.22:8080\n[^]* {4}http-request return status 200 .*"app2"/);
});
