import { describe, expect, it } from '@jest/globals';
import { RULES } from '../catalogue.js';
import { pair, type PairEdits, replaced } from '../testing/pair.js';

interface Case {
  /** Edits of a pair that is right, and where the rule is to find something: file:line. */
  wrong: { edits: PairEdits; at: string[] }[];
  /** Edits that look alike and are right. */
  right: PairEdits[];
}

const multicast = (text: string) =>
  text.replace(/ {4}unicast_src_ip[^\n]*\n/, '').replace(/ {4}unicast_peer \{[^}]*\}\n/, '');
const weighted = (weight: number) => replaced('    fall 2\n}', `    fall 2\n    weight ${weight}\n}`);
const asked = (url: string) => replaced('/usr/bin/killall -0 haproxy', `/usr/bin/curl -fs ${url}`);
const password = (value: string) =>
  replaced(
    '    advert_int 1\n',
    `    advert_int 1\n    authentication {\n        auth_type PASS\n        auth_pass ${value}\n    }\n`,
  );
const inBoth = (line: number) => [`lb1/keepalived.conf:${line}`, `lb2/keepalived.conf:${line}`];

/** A second instance, of another address. */
const withSecond = (text: string, edit = (second: string) => second) =>
  text + edit(text.slice(text.indexOf('vrrp_instance')).replace('EDGE', 'EDGE2').replace('30.100', '30.101'));

const SYNC_GROUP = `vrrp_sync_group G {
    group { EDGE }
}
`;

/** What HAProxy 3.0.11 printed of other files than these. */
const OF_HAPROXY = `[NOTICE]   (1) : haproxy version is 3.0.11-1
[ALERT]    (1) : config : [/etc/haproxy/haproxy.cfg:14] : 'server pool/app1' : unknown keyword 'chek'; did you mean 'check' maybe ?
[WARNING]  (1) : config : missing timeouts for backend 'pool'.
   | While not properly invalid, you will certainly encounter various problems
[ALERT]    (1) : config : Error(s) found in configuration file : /etc/haproxy/haproxy.cfg
[ALERT]    (1) : config : Fatal errors found in configuration.
`;

const CASES: Record<string, Case> = {
  'weight-smaller-than-priority-gap': {
    wrong: [
      { edits: { both: weighted(-2) }, at: ['lb1/keepalived.conf:10'] },
      { edits: { both: weighted(5) }, at: ['lb1/keepalived.conf:10'] },
      { edits: { both: weighted(-10) }, at: ['lb1/keepalived.conf:10'] },
      {
        edits: { both: replaced('        chk_haproxy\n', '        chk_haproxy weight -3\n') },
        at: ['lb1/keepalived.conf:26'],
      },
    ],
    right: [{ both: weighted(-11) }, { both: weighted(20) }, { both: weighted(0) }],
  },
  'nopreempt-makes-weights-useless': {
    wrong: [
      {
        edits: { both: (text) => weighted(-20)(replaced('    state BACKUP', '    state BACKUP\n    nopreempt')(text)) },
        at: inBoth(15),
      },
    ],
    right: [{ both: replaced('    state BACKUP', '    state BACKUP\n    nopreempt') }, { both: weighted(-20) }],
  },
  'nopreempt-needs-backup': {
    wrong: [
      { edits: { lb1: replaced('state BACKUP', 'state MASTER\n    nopreempt') }, at: ['lb1/keepalived.conf:14'] },
    ],
    right: [
      { lb1: replaced('state BACKUP', 'state MASTER') },
      { both: replaced('state BACKUP', 'state BACKUP\n    nopreempt') },
    ],
  },
  'owner-ignores-weights': {
    wrong: [
      {
        edits: { both: weighted(-20), lb1: replaced('priority 110', 'priority 255') },
        at: ['lb1/keepalived.conf:17'],
      },
    ],
    right: [{ lb1: replaced('priority 110', 'priority 255') }, { both: weighted(-20) }],
  },
  'same-priority': {
    wrong: [{ edits: { lb2: replaced('priority 100', 'priority 110') }, at: ['lb2/keepalived.conf:16'] }],
    right: [{ lb2: replaced('priority 100', 'priority 109') }],
  },
  'script-never-tracked': {
    wrong: [
      {
        edits: { lb2: replaced('    track_script {\n        chk_haproxy\n    }\n', '') },
        at: ['lb2/keepalived.conf:6'],
      },
    ],
    right: [
      {
        both: (text) =>
          replaced('    track_script {\n        chk_haproxy\n    }\n', '')(text) +
          'vrrp_sync_group G {\n    group {\n        EDGE\n    }\n    track_script {\n        chk_haproxy\n    }\n}\n',
      },
    ],
  },
  'haproxy-not-watched': {
    wrong: [
      {
        edits: {
          both: (text) =>
            text.replace(/vrrp_script[^}]*\}\n/, '').replace('    track_script {\n        chk_haproxy\n    }\n', ''),
        },
        at: inBoth(7),
      },
    ],
    right: [
      { both: replaced('    track_script {\n        chk_haproxy\n', '    track_process {\n        chk_haproxy\n') },
    ],
  },
  'check-not-defined': {
    wrong: [
      { edits: { lb1: replaced('        chk_haproxy', '        check_haproxy') }, at: ['lb1/keepalived.conf:26'] },
    ],
    right: [
      { lb1: (text) => `include conf.d/*.conf\n${replaced('        chk_haproxy', '        check_haproxy')(text)}` },
    ],
  },
  'check-depends-on-servers': {
    wrong: [
      { edits: { both: asked('http://127.0.0.1/healthz') }, at: inBoth(6) },
      { edits: { both: asked('-m 1.5 -o /dev/null http://localhost:80/') }, at: inBoth(6) },
      { edits: { both: asked('-m 0.5 localhost/healthz') }, at: inBoth(6) },
      {
        edits: {
          both: replaced('/usr/bin/killall -0 haproxy', '/etc/keepalived/check_haproxy.sh'),
          files: {
            'check_haproxy.sh': '#!/bin/sh\n# http://127.0.0.1/alive\nwget -q -O - http://127.0.0.1:80/index.html\n',
          },
        },
        at: inBoth(6),
      },
      {
        edits: {
          both: asked('http://127.0.0.1/alive'),
          haproxy: replaced(
            '    monitor-uri /alive\n',
            '    monitor-uri /alive\n    monitor fail if { nbsrv(pool) lt 1 }\n',
          ),
        },
        at: inBoth(6),
      },
    ],
    right: [
      { both: asked('http://127.0.0.1/alive') },
      { both: asked('http://127.0.0.1:8404/stats') },
      {
        both: asked('http://127.0.0.1:8404/stats'),
        haproxy: (text) => `${text}\nlisten stats\n    bind :8404\n    stats enable\n    stats uri /stats\n`,
      },
      {
        both: asked('http://127.0.0.1/up'),
        haproxy: replaced('    monitor-uri /alive\n', '    http-request return status 200 if { path /up }\n'),
      },
    ],
  },
  'slow-detection': {
    wrong: [
      { edits: { both: replaced('interval 1\n    fall 2', 'interval 5\n    fall 3') }, at: inBoth(6) },
      { edits: { haproxy: replaced('inter 1s fall 2', 'inter 10s fall 3') }, at: ['haproxy.cfg:14', 'haproxy.cfg:15'] },
    ],
    right: [
      { both: replaced('interval 1\n    fall 2', 'interval 5\n    fall 2') },
      { haproxy: replaced('inter 1s fall 2', 'inter 8s fastinter 500ms fall 3') },
    ],
  },
  'advert-interval-differs': {
    wrong: [{ edits: { lb2: replaced('advert_int 1', 'advert_int 3') }, at: ['lb2/keepalived.conf:17'] }],
    right: [
      { both: replaced('router_id', 'vrrp_version 3\n    router_id'), lb2: replaced('advert_int 1', 'advert_int 3') },
      { lb1: replaced('    advert_int 1\n', '') },
    ],
  },
  'advert-interval-rounded': {
    wrong: [{ edits: { both: replaced('advert_int 1', 'advert_int 0.5') }, at: inBoth(17) }],
    right: [{ both: (text) => replaced('advert_int 1', 'advert_int 0.5\n    version 3')(text) }],
  },
  'version-differs': {
    wrong: [
      { edits: { lb2: replaced('    router_id', '    vrrp_version 3\n    router_id') }, at: ['lb2/keepalived.conf:2'] },
    ],
    right: [{ lb1: replaced('    router_id', '    vrrp_version 2\n    router_id') }],
  },
  'authentication-differs': {
    wrong: [
      { edits: { lb1: password('one'), lb2: password('two') }, at: ['lb2/keepalived.conf:18'] },
      { edits: { lb1: password('one') }, at: ['lb2/keepalived.conf:12'] },
    ],
    right: [
      { both: password('one') },
      { lb1: password('"longpassA"'), lb2: password('longpassB') },
      { both: replaced('    router_id', '    vrrp_version 3\n    router_id'), lb1: password('one') },
    ],
  },
  'unicast-peer-unknown': {
    wrong: [{ edits: { lb2: replaced('        10.20.30.11', '        10.20.30.13') }, at: ['lb2/keepalived.conf:20'] }],
    right: [
      { lb2: replaced('        10.20.30.11', '        10.20.30.11\n        10.20.30.12\n        10.20.30.13') },
      { lb2: replaced('        10.20.30.11', '        10.20.30.11 min_ttl 255') },
      { both: multicast },
      {
        lb1: (text) => text.replace(/ {4}unicast_src_ip[^\n]*\n/, ''),
        lb2: replaced('        10.20.30.11', '        10.20.30.13'),
      },
    ],
  },
  'unicast-peer-missing': {
    wrong: [
      { edits: { lb2: replaced('        10.20.30.11\n', '        10.20.30.12\n') }, at: ['lb2/keepalived.conf:18'] },
    ],
    right: [{ lb2: replaced('        10.20.30.11', '        10.20.30.13') }, { both: multicast }],
  },
  'multicast-meets-unicast': {
    wrong: [{ edits: { lb2: multicast }, at: ['lb2/keepalived.conf:12'] }],
    right: [{ both: multicast }],
  },
  'only-one-node': {
    wrong: [
      {
        edits: { lb2: replaced('virtual_router_id 61', 'virtual_router_id 16') },
        at: ['lb1/keepalived.conf:15', 'lb2/keepalived.conf:15'],
      },
    ],
    right: [{ lb2: (text) => text.slice(0, text.indexOf('vrrp_instance')) }],
  },
  'router-id-twice': {
    wrong: [{ edits: { both: (text) => withSecond(multicast(text)) }, at: inBoth(28) }],
    right: [
      { both: (text) => withSecond(multicast(text), (second) => second.replace('eth0', 'eth1')) },
      {
        both: (text) =>
          withSecond(multicast(text), (second) => second.replace('state', 'mcast_dst_ip 224.0.0.99\n    state')),
      },
      { both: (text) => multicast(text) + withSecond(text).slice(text.length) },
    ],
  },
  'virtual-ips-differ': {
    wrong: [
      {
        edits: { lb1: replaced('        10.20.30.100/24', '        10.20.30.100/24\n        10.20.30.105/24') },
        at: ['lb1/keepalived.conf:24'],
      },
    ],
    right: [
      { lb1: replaced('        10.20.30.100/24', '        10.20.30.100 dev eth0 label eth0:1') },
      {
        lb1: replaced('        10.20.30.100/24', '        10.20.30.100/24\n        10.20.30.105/24'),
        lb2: replaced(
          '        10.20.30.100/24\n    }',
          '        10.20.30.100/24\n    }\n    virtual_ipaddress_excluded {\n        10.20.30.105\n    }',
        ),
      },
    ],
  },
  'virtual-ip-twice': {
    wrong: [
      { edits: { lb2: replaced('virtual_router_id 61', 'virtual_router_id 16') }, at: ['lb2/keepalived.conf:23'] },
    ],
    right: [
      {
        lb2: (text) =>
          replaced(
            'virtual_router_id 61',
            'virtual_router_id 16',
          )(replaced('10.20.30.100/24', '10.20.30.101/24')(text)),
      },
    ],
  },
  'bind-on-virtual-ip': {
    wrong: [
      { edits: { haproxy: replaced('bind :80', 'bind 10.20.30.100:80,10.20.30.100:443') }, at: ['haproxy.cfg:8'] },
    ],
    right: [
      { haproxy: replaced('bind :80', 'bind 10.20.30.100:80 transparent') },
      {
        haproxy: replaced('bind :80', 'bind 10.20.30.100:80'),
        files: { 'sysctl.d/90-vip.conf': 'net.ipv4.ip_nonlocal_bind = 1\n' },
      },
      { haproxy: replaced('bind :80', 'bind 10.20.30.11:80') },
      { haproxy: replaced('bind :80', 'bind *:80') },
    ],
  },
  'server-without-check': {
    wrong: [
      { edits: { haproxy: replaced(' check inter 1s fall 2', '') }, at: ['haproxy.cfg:14', 'haproxy.cfg:15'] },
      {
        edits: { haproxy: replaced('app2 10.20.30.22:8080 check', 'app2 10.20.30.22:8080 no-check') },
        at: ['haproxy.cfg:15'],
      },
      {
        edits: {
          haproxy: (text) =>
            text.replace(/ {4}server app1[^]*/, '    server-template app 1-4 app.example:80 resolvers dns\n'),
        },
        at: ['haproxy.cfg:14'],
      },
    ],
    right: [
      { haproxy: (text) => `${text}backend one\n    server app1 10.20.30.21:8080\n` },
      {
        haproxy: (text) =>
          replaced(
            ' check inter 1s fall 2',
            '',
          )(text).replace('\nbackend pool', '\nbackend pool\n    default-server check'),
      },
      {
        haproxy: (text) =>
          `${text}backend follows\n    server a 10.20.30.21:81 track pool/app1\n    server b 10.20.30.22:81 track pool/app2\n`,
      },
      {
        haproxy: (text) =>
          `${text.replace('    default_backend', '    use_backend rescue if { nbsrv(pool) eq 0 }\n    default_backend')}backend rescue\n    server a 10.20.30.21:80\n    server b 10.20.30.22:80\n`,
      },
    ],
  },
  'timeouts-missing': {
    wrong: [
      { edits: { haproxy: replaced('    timeout client 30s\n', '') }, at: ['haproxy.cfg:6'] },
      { edits: { haproxy: replaced('    timeout server 30s\n', '') }, at: ['haproxy.cfg:11'] },
    ],
    right: [
      {
        haproxy: (text) =>
          text.replace('    timeout client 30s\n', '').replace('    bind', '    timeout client 1m\n    bind'),
      },
      {
        haproxy: (text) =>
          text.replace('defaults\n', 'defaults plain\n').replace('frontend www\n', 'frontend www from plain\n'),
      },
    ],
  },
  'backend-not-defined': {
    wrong: [{ edits: { haproxy: replaced('default_backend pool', 'default_backend pools') }, at: ['haproxy.cfg:10'] }],
    right: [
      { haproxy: replaced('default_backend pool', 'use_backend %[req.hdr(host),lower]\n    default_backend pool') },
      { haproxy: replaced('\nbackend pool', '\nlisten pool') },
    ],
  },
  'comment-cuts-value': {
    wrong: [
      { edits: { both: password('secret7!x') }, at: inBoth(20) },
      { edits: { haproxy: replaced('bind :80', 'bind :80#all') }, at: ['haproxy.cfg:8'] },
    ],
    right: [
      { both: password('"secret7!x"') },
      { both: password('secret7 ! the old one') },
      { haproxy: replaced('bind :80', 'bind :80 # all') },
    ],
  },
  unbalanced: {
    wrong: [
      {
        edits: { lb1: replaced('        chk_haproxy\n    }\n', '        chk_haproxy\n') },
        at: ['lb1/keepalived.conf:12'],
      },
      { edits: { lb1: (text) => `${text}}\n` }, at: ['lb1/keepalived.conf:29'] },
      { edits: { lb1: replaced('haproxy"', 'haproxy') }, at: ['lb1/keepalived.conf:7'] },
      { edits: { haproxy: (text) => `${text}    http-request set-header X "a\n` }, at: ['haproxy.cfg:16'] },
    ],
    right: [
      { lb1: replaced('vrrp_instance EDGE {', 'vrrp_instance EDGE\n{') },
      { lb1: replaced('    track_script {\n        chk_haproxy\n    }', '    track_script { chk_haproxy }') },
      { haproxy: (text) => `${text}.if 0\n    rubbish "\n.endif\n` },
    ],
  },
  'haproxy-refuses': {
    wrong: [{ edits: { says: { HAProxy: OF_HAPROXY } }, at: ['haproxy.cfg:14'] }],
    right: [{ says: { HAProxy: 'Configuration file is valid\n' } }],
  },
  'haproxy-warns': {
    wrong: [{ edits: { says: { HAProxy: OF_HAPROXY } }, at: ['haproxy.cfg:12'] }],
    right: [{ says: { HAProxy: 'Configuration file is valid\n' } }],
  },
  'keepalived-complains': {
    wrong: [
      {
        edits: {
          says: {
            keepalived:
              "(/etc/keepalived/keepalived.conf: Line 16) (EDGE) Priority not valid! must be between 1 & 255. Using default 100\n(Line 2) Unknown keyword 'foo'\n",
          },
        },
        at: ['lb1/keepalived.conf:16', 'lb1/keepalived.conf:2'],
      },
    ],
    right: [
      { says: { keepalived: '' } },
      { says: { keepalived: 'Disabling track script chk_haproxy since not found/accessible\n' } },
    ],
  },
  'script-behind-symlink': {
    wrong: [
      { edits: { both: replaced('/usr/bin/killall -0 haproxy', '/bin/pidof haproxy') }, at: inBoth(6) },
      {
        edits: {
          lb1: (text) => replaced('    script_user root\n', '')(replaced('/usr/bin/killall', '/sbin/killall')(text)),
        },
        at: ['lb1/keepalived.conf:5'],
      },
    ],
    right: [
      { both: (text) => replaced('script_user root', 'enable_script_security')(replaced('/usr/bin/', '/bin/')(text)) },
      { both: (text) => replaced('script_user root', 'script_user watcher')(replaced('/usr/bin/', '/bin/')(text)) },
      {
        both: (text) =>
          replaced('    fall 2\n}', '    fall 2\n    user watcher\n}')(replaced('/usr/bin/', '/bin/')(text)),
      },
      { both: replaced('/usr/bin/killall', 'killall') },
    ],
  },
  'sync-group-drops-weights': {
    wrong: [
      { edits: { both: (text) => SYNC_GROUP + weighted(-20)(text) }, at: inBoth(30) },
      {
        edits: {
          lb1: (text) => SYNC_GROUP + replaced('        chk_haproxy\n', '        chk_haproxy weight -20\n')(text),
        },
        at: ['lb1/keepalived.conf:29'],
      },
    ],
    right: [
      { both: (text) => SYNC_GROUP + text },
      { both: weighted(-20) },
      { both: (text) => SYNC_GROUP.replace('}', '}\n    sync_group_tracking_weight') + weighted(-20)(text) },
      {
        both: (text) =>
          SYNC_GROUP + replaced('        chk_haproxy\n', '        chk_haproxy weight 0\n')(weighted(-20)(text)),
      },
    ],
  },
};

const placesOf = (rule: (typeof RULES)[number], edits: PairEdits) =>
  rule.find(pair(edits)).map(({ position: { file, line } }) => `${file}:${line}`);

describe.each(RULES.map((rule) => ({ id: rule.id, rule })))('$id', ({ id, rule }) => {
  const { wrong = [], right = [] } = CASES[id] ?? {};

  it.each(wrong)('finds it %#', ({ edits, at }) => {
    expect([...new Set(placesOf(rule, edits))]).toEqual(at);
  });

  it.each([{}, ...right])('is silent where it is right %#', (edits) => {
    expect(placesOf(rule, edits)).toEqual([]);
  });

  it('has both kinds of cases, and says why, and where it is from', () => {
    expect(wrong.length).toBeGreaterThan(0);
    expect(right.length).toBeGreaterThan(0);
    expect(rule.sources.length).toBeGreaterThan(0);
    expect(rule.why.length).toBeGreaterThan(100);
  });
});
