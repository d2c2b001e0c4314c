import { expect, it } from '@jest/globals';
import { check } from './check.js';
import { pair, type PairEdits, replaced } from './testing/pair.js';

/* Pairs that are right in styles of their own: a finding on one of them is worse than one that is missed elsewhere. */

const multicast = (text: string) =>
  text.replace(/ {4}unicast_src_ip[^\n]*\n/, '').replace(/ {4}unicast_peer \{[^}]*\}\n/, '');
const second = (text: string, edit: (instance: string) => string = (instance) => instance) =>
  text + edit(text.slice(text.indexOf('vrrp_instance')).replaceAll('EDGE', 'INSIDE').replace('30.100', '30.101'));
const script = (command: string) => replaced('"/usr/bin/killall -0 haproxy"', command);
const UNTRACKED = replaced('    track_script {\n        chk_haproxy\n    }\n', '');
const GROUP = 'vrrp_sync_group G {\n    group {\n        EDGE\n        INSIDE\n    }\n}\n';
const ipv6 = (address: string) => (text: string) =>
  multicast(text).replace('10.20.30.100/24', `fe80::100/64\n        ${address}/64`);

const PAIRS: Record<string, PairEdits> = {
  'an id on two interfaces': {
    both: (text) => second(multicast(text), (instance) => instance.replace('eth0', 'eth1')),
  },
  'an id for unicast and for multicast': { both: (text) => second(text, multicast) },
  'nopreempt on the first node alone, and a weight': {
    both: replaced('    fall 2\n}', '    fall 2\n    weight -30\n}'),
    lb1: replaced('    state BACKUP', '    state BACKUP\n    nopreempt'),
  },
  'IPv6 addresses written in two ways': { lb1: ipv6('2001:db8::1'), lb2: ipv6('2001:0DB8:0:0::1') },
  'a link-local address in two routers': {
    both: (text) =>
      second(ipv6('2001:db8::1')(text), (instance) =>
        instance.replace('router_id 61', 'router_id 62').replace('db8::1', 'db8::2'),
      ),
  },
  'quotes in a quoted script': { both: script('"/usr/bin/sh -c \\"killall -0 haproxy\\""') },
  'a sync group of which one member tracks': {
    both: (text) => second(text, (instance) => UNTRACKED(instance).replace('router_id 61', 'router_id 62')) + GROUP,
  },
  'a script that is left over beside one that is not known': {
    both: (text) =>
      `${text.replace('        chk_haproxy\n', '        chk_lb\n')}vrrp_script chk_lb {\n    script "/usr/local/sbin/lb-alive"\n}\n`,
  },
  'half a second and one, with version 2': {
    lb1: replaced('advert_int 1', 'advert_int 1.0'),
    lb2: replaced('    advert_int 1\n', ''),
  },
  'HAProxy in several files': {
    haproxy: (text) => text.slice(0, text.indexOf('backend pool')),
    files: { 'conf.d/pool.cfg': 'backend pool\n    server app1 10.20.30.21:8080 check\n' },
  },
  'curl without -f': { both: script('"/usr/bin/curl -s -o /dev/null http://127.0.0.1/healthz"') },
  'a frontend of its own for the check': {
    both: script('"/usr/bin/curl -fs http://127.0.0.1:80/up"'),
    haproxy: (text) =>
      `${text.replace('bind :80', 'bind 10.20.30.11:80').replace('monitor-uri /alive\n', '')}frontend health\n    bind 127.0.0.1:80\n    monitor-uri /up\n`,
  },
  'a check that asks another host': { both: script('"/usr/bin/curl -fs http://gateway.example.com/ping"') },
  'the virtual IP bound with net/ipv4 in a sysctl file': {
    haproxy: replaced('bind :80', 'bind 10.20.30.100:80'),
    files: { 'sysctl.conf': 'net/ipv4/ip_nonlocal_bind = 1\n' },
  },
  'disabled proxies': {
    haproxy: (text) =>
      `${text}frontend old\n    disabled\n    bind :81\n    default_backend gone\nbackend off\n    disabled\n    server a 10.0.0.1:80\n    server b 10.0.0.2:80\n`,
  },
  'a sorry server': { haproxy: (text) => `${text}    server sorry 127.0.0.1:8080 backup\n` },
  'a condition with three branches': {
    haproxy: (text) =>
      `${text}.if 1\nbackend x\n.elif defined(Y)\nbackend y\n.else\nfrontend z\n    default_backend gone\n.endif\n`,
  },
  'an empty list of peers': {
    both: (text) => multicast(text).replace('    advert_int', '    unicast_peer {\n    }\n    advert_int'),
  },
  'one list of peers for all nodes': {
    both: (text) => text.replace(/ {8}10\.20\.30\.1[12]\n/, '        10.20.30.11\n        10.20.30.12\n'),
  },
  'a third node that was not given': {
    both: replaced('    unicast_peer {\n', '    unicast_peer {\n        10.20.30.13\n'),
  },
  'passwords in strict mode': {
    lb1: (text) =>
      text
        .replace('    router_id', '    vrrp_strict\n    router_id')
        .replace(
          '    advert_int',
          '    authentication {\n        auth_type PASS\n        auth_pass x\n    }\n    advert_int',
        ),
  },
  'a backend that a variable names': {
    haproxy: replaced('    default_backend', '    use_backend %ci if { always_true }\n    default_backend'),
  },
  'an environment variable in a bind': { haproxy: replaced('bind :80', 'bind "${ADDRESS}:80"') },
};

it.each(Object.entries(PAIRS))('%s', (_name, edits) => {
  const { findings } = check(pair(edits));
  expect(
    findings.map(({ rule, position, happens }) => `${position.file}:${position.line} ${rule}: ${happens}`),
  ).toEqual([]);
});

it('a weight in a sync group that counts it moves all of its members', () => {
  const cluster = pair({
    both: (text) =>
      second(replaced('    fall 2\n}', '    fall 2\n    weight -30\n}')(text), (instance) =>
        instance.replace('router_id 61', 'router_id 62'),
      ) + GROUP.replace('    group', '    sync_group_tracking_weight\n    group'),
  });
  const rows = check(cluster).whatIf.filter(({ failure, on }) => failure === 'haproxy-dies' && on === 'lb1');
  expect(rows.map(({ newMaster }) => newMaster)).toEqual(['lb2', 'lb2']);
});

it.each([
  'priority 300',
  'priority 0',
  'priority -5',
  'advert_int -1',
  'advert_int 0',
  'virtual_router_id 999',
  'down_timer_adverts -3',
])('%s is not understood, and no row is computed with it', (line) => {
  const [keyword] = line.split(' ');
  const { notUnderstood, whatIf } = check(
    pair({
      lb1: (text) => text.replace(new RegExp(`    ${keyword} .*\n`), '').replace('    state', `    ${line}\n    state`),
    }),
  );
  expect(notUnderstood.map(({ text }) => text)).toEqual([`${keyword}: out of range, keepalived takes its default`]);
  for (const { withinMs } of whatIf) for (const ms of withinMs ?? []) expect(ms).toBeGreaterThanOrEqual(0);
});

it('keepalived.conf that is not all understood makes nobody certain', () => {
  const { whatIf } = check(pair({ both: (text) => `include /etc/keepalived/scripts/*.conf\n${UNTRACKED(text)}` }));
  expect(whatIf.find(({ failure, on }) => failure === 'haproxy-dies' && on === 'lb1')).toMatchObject({
    outcome: 'unknown',
  });
});
