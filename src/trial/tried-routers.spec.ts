import { describe, expect, it } from '@jest/globals';
import { pair, type PairEdits, replaced } from '../check/testing/pair.js';
import { type Asked, wishFrom } from './asked.js';
import { worldOf } from './world.js';

const world = (edits: PairEdits = {}) => worldOf(pair(edits));
const HTTP: Asked = { scheme: 'http', port: 80, path: '/', host: undefined, mode: 'http', proxies: ['www', 'pool'] };

describe('clients ask', () => {
  it.each<[string, string]>([
    ['not at a port with TLS', 'frontend tls\n    bind :443 ssl crt /x.pem\n    default_backend pool\n'],
    ['not at what redirects', 'frontend first\n    bind :8000\n    redirect scheme https\n    default_backend pool\n'],
    ['not at an address of the node alone', 'frontend local\n    bind 127.0.0.1:9000\n    default_backend pool\n'],
    ['not at what leads to no server', 'frontend redirect\n    bind :8000\n    http-request redirect scheme https\n'],
  ])('%s', (_what, before) => {
    expect(world({ haproxy: replaced('frontend www', `${before}\nfrontend www`) }).virtualRouters[0]!.asked).toEqual(
      HTTP,
    );
  });

  it('over TLS where nothing is without, or redirects there', () => {
    const expected = { ...HTTP, scheme: 'https', port: 443 };
    const asked = (haproxy: (text: string) => string) => world({ haproxy }).virtualRouters[0]!.asked;
    expect(asked(replaced('bind :80', 'bind :443 ssl crt /x.pem'))).toEqual(expected);
    const both = 'bind :80\n    bind :443 ssl crt /x.pem\n    http-request redirect scheme https unless { ssl_fc }';
    expect(asked(replaced('bind :80', both))).toEqual(expected);
    const strict = 'bind :443 ssl crt /x.pem strict-sni\n    bind :8443 ssl crt /x.pem';
    expect(asked(replaced('bind :80', strict))).toEqual({ ...expected, port: 8443 });
  });

  it('what the user wishes', () => {
    const asked = (url: string) => worldOf(pair(), wishFrom(url, '--ask')).virtualRouters[0]!.asked;
    expect(asked('http://app.example/a?b=c')).toEqual({ ...HTTP, path: '/a?b=c', host: 'app.example' });
    expect(asked('http://10.20.30.100/a')).toEqual({ ...HTTP, path: '/a' });
    expect(wishFrom('https://app.example:8443/', '--ask').host).toBe('app.example:8443');
    expect(wishFrom('https://app.example:443/', '--ask').host).toBe('app.example');
  });

  it.each([
    [
      'https://app.example/',
      /^haproxy\.cfg:\d+: no frontend at 10\.20\.30\.100 .* has port 443 with ssl, which --ask wants$/,
    ],
    ['http://app.example:81/', /port 81 without ssl/],
    ['http://10.20.30.99/', /^--ask: 10\.20\.30\.99 is not 10\.20\.30\.100, the virtual IP of EDGE/],
    ['http://[2001:db8::1]/', /^--ask: /],
    ['http://:pw@app.example/', /^--ask: /],
    ['app.example', /^--ask: "app\.example" must be a URL such as/],
    [`http://${'a'.repeat(254)}/`, /^--ask: /],
    ['ftp://app.example/', /^--ask: /],
  ])('not %s, which is one line', (url, message) => {
    expect(() => worldOf(pair(), wishFrom(url, '--ask'))).toThrow(message);
  });

  it('over TCP where nothing is for HTTP', () => {
    const { virtualRouters } = world({ haproxy: replaced('mode http', 'mode tcp') });
    expect(virtualRouters[0]!.asked).toEqual({ ...HTTP, mode: 'tcp' });
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
    [
      'nothing to ask',
      { haproxy: replaced('bind :80', 'bind 127.0.0.1:80') },
      /^haproxy\.cfg:\d+: no frontend at 10\.20\.30\.100 leads to servers/,
    ],
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
