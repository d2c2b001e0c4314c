import { expect, it } from '@jest/globals';
import { pair, replaced } from '../testing/pair.js';
import { programFilesOf } from './program-files.js';

const edited = pair({
  both: (text) =>
    replaced(
      '10.20.30.100/24',
      '10.20.30.100/24 dev bond0.7\n        10.20.30.101/24 dev lo',
    )(replaced('script_user root', 'script_user watcher staff')(text)),
  haproxy: (text) => `global\n    user proxy\n${text}`,
  files: { 'check.sh': '#!/bin/sh\n', 'conf.d/a.conf': '# a\n', 'etc/haproxy/errors/503.http': 'HTTP/1.0 503\n' },
});
const files = programFilesOf(edited.nodes[0]!, edited);

it('files lie where the node has them; those beside a configuration lie beside it', () => {
  expect(Object.fromEntries(files.names)).toEqual({
    '/etc/haproxy/haproxy.cfg': 'haproxy.cfg',
    '/etc/keepalived/keepalived.conf': 'lb1/keepalived.conf',
    '/etc/haproxy/errors/503.http': 'lb1/etc/haproxy/errors/503.http',
    '/etc/haproxy/check.sh': 'lb1/check.sh',
    '/etc/keepalived/check.sh': 'lb1/check.sh',
    '/etc/haproxy/conf.d/a.conf': 'lb1/conf.d/a.conf',
    '/etc/keepalived/conf.d/a.conf': 'lb1/conf.d/a.conf',
  });
  expect(files.texts.get('/etc/keepalived/check.sh')).toBe('#!/bin/sh\n');
});

it('interfaces and users are those that the configuration names', () => {
  expect(files.interfaces).toEqual(['eth0', 'bond0.7']);
  expect(files.users.toSorted()).toEqual(['proxy', 'staff', 'watcher']);
});

it('a script lies where its check looks for it, also when it stands beside the folders of the nodes', () => {
  const cluster = pair({
    both: replaced('/usr/bin/killall -0 haproxy', '/usr/local/bin/check.sh -v'),
    files: { 'check.sh': '#' },
  });
  expect(programFilesOf(cluster.nodes[0]!, cluster).texts.get('/usr/local/bin/check.sh')).toBe('#');
});

it('with script security scripts have a user of their own, unless one is named', () => {
  const secured = pair({ both: replaced('    script_user root\n', '    enable_script_security\n') });
  expect(programFilesOf(secured.nodes[0]!, secured).users).toEqual(['keepalived_script']);
  const plain = pair({ both: replaced('    script_user root\n', '') });
  expect(programFilesOf(plain.nodes[0]!, plain).users).toEqual([]);
});
