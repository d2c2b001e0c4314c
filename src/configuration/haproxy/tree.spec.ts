import { describe, expect, it } from '@jest/globals';
import { haproxyTokens } from './lexer.js';
import { haproxyModel } from './model.js';
import { HaproxyReader } from './tree.js';

function read(text: string) {
  const reader = new HaproxyReader();
  reader.read('haproxy.cfg', text);
  return reader.tree;
}

const words = (text: string) =>
  read(`global\n${text}`).sections[0]!.lines.map((line) => line.words.map((word) => word.text));
const model = (text: string) => haproxyModel(read(text));

describe('HaproxyReader', () => {
  it('takes quotes and escapes as HAProxy does', () => {
    expect(words('a b\\ c "d e" \'f "g\' h"i"j')).toEqual([['a', 'b c', 'd e', 'f "g', 'hij']]);
    expect(words('a \\#b # c\na "#b"\na b#c')).toEqual([
      ['a', '#b'],
      ['a', '#b'],
      ['a', 'b'],
    ]);
  });

  it('replaces environment variables within double quotes, as far as they are known', () => {
    expect(words('setenv PORT 8080\nbind ":${PORT}" ":$PORT" \':$PORT\'')[1]).toEqual([
      'bind',
      ':8080',
      ':8080',
      ':$PORT',
    ]);
    expect(words('a "${NONE-7}"')).toEqual([['a', '7']]);
    expect(read('global\na "$HOST"\n').notUnderstood.map(({ text }) => text)).toEqual([
      'environment variable HOST: its value is not known here',
    ]);
  });

  it('decides conditions that are the same everywhere, and marks what others contain', () => {
    const { lines } = read('global\n.if 0\na\n.else\nb\n.endif\n.if defined(X)\nc\n.else\nd\n.endif\ne\n').sections[0]!;
    expect(lines.map((line) => [line.words[0]!.text, line.isConditional])).toEqual([
      ['b', false],
      ['c', true],
      ['d', true],
      ['e', false],
    ]);
  });

  it.each([
    ['bind :80\n', "'bind' stands before the first section"],
    ['global\n.endif\n', '.endif without its .if'],
    ['global\n.if 1\n', '1 .if without its .endif'],
    ['global\na "b\n', 'a quote " is not closed'],
    ['global\na\0\n', 'a NUL byte: HAProxy refuses the file'],
  ])('locates what does not match: %j', (text, problem) => {
    expect(read(text).problems.map((one) => one.text)).toEqual([problem]);
  });

  it('gives proxies what their defaults say: the last ones above, or those that they name', () => {
    const { proxies } = model(
      'defaults\nmode http\ntimeout client 5s\ndefaults slow from fast\ndefaults fast\ntimeout client 100ms\nfrontend a\nfrontend b from fast\nmode tcp\nfrontend c from none\n',
    );
    expect(proxies.map(({ name, mode, timeouts }) => [name, mode, timeouts.get('client')?.value])).toEqual([
      ['a', 'tcp', 100],
      ['b', 'tcp', 100],
      ['c', 'tcp', undefined],
    ]);
  });

  it('gives servers what default-server lines say before them', () => {
    const { proxies } = model(
      'defaults\ndefault-server inter 5s\nbackend b\nserver a 10.0.0.1:80\ndefault-server check fall 7 on-error fastinter\nserver c 10.0.0.2:80 inter 100\nserver-template d 1-3 x:80 no-check\n',
    );
    expect(
      proxies[0]!.servers.map(({ name, isChecked, intervalMs, fall, count }) => [
        name,
        isChecked,
        intervalMs,
        fall,
        count,
      ]),
    ).toEqual([
      ['a', false, 5000, 3, 1],
      ['c', true, 100, 7, 1],
      ['d1', false, 5000, 7, 3],
    ]);
    expect(model('backend b\nserver a x:80 check inter soon\n').notUnderstood.map(({ text }) => text)).toEqual([
      'inter soon: not a time',
    ]);
  });

  it('reads addresses', () => {
    const { proxies } = model(
      'frontend f\nbind *:80,10.0.0.1:443 ssl\nbind [::]:8443 v4v6\nbind /run/x.sock\nbind ipv4@:90\nbind :1000-2000\n',
    );
    expect(proxies[0]!.binds.map(({ host, port, parameters }) => [host, port, parameters.join()])).toEqual([
      ['', 80, 'ssl'],
      ['10.0.0.1', 443, 'ssl'],
      ['', 8443, 'v4v6'],
      ['', 90, ''],
      ['', 1000, ''],
    ]);
  });

  it('takes options away again', () => {
    const { proxies } = model('defaults\noption redispatch\noption httpchk\nbackend b\nno option redispatch\n');
    expect([...proxies[0]!.options.keys()]).toEqual(['httpchk']);
  });
});

it.each(['', '  a "b c" \'d\'#e', 'x\\ y "open', '\ta\r', 'a\\'])('nothing of %j is lost in its tokens', (line) => {
  expect(
    haproxyTokens(line, new Map())
      .tokens.map(({ raw }) => raw)
      .join(''),
  ).toBe(line);
});
