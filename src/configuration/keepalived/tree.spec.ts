import { describe, expect, it } from '@jest/globals';
import { keepalivedTokens } from './lexer.js';
import { keepalivedTree, type Statement } from './tree.js';

function read(text: string, others: Record<string, string> = {}) {
  return keepalivedTree(
    'lb1/keepalived.conf',
    new Map([['lb1/keepalived.conf', text], ...Object.entries(others)]),
    'lb1',
  );
}

/** Words with blanks between them, what is in braces in brackets. */
function shown(statements: Statement[]): unknown[] {
  return statements.map(({ words, block }) => {
    const text = words.map((word) => word.text).join('|');
    return block ? [text, ...shown(block)] : text;
  });
}

const statements = (text: string, others?: Record<string, string>) => shown(read(text, others).statements);

describe('keepalivedTree', () => {
  it('reads blocks in every way to write them', () => {
    expect(statements('a b {\n  c d\n}\n')).toEqual([['a|b', 'c|d']]);
    expect(statements('a b\n{\n  c d\n}')).toEqual([['a|b', 'c|d']]);
    expect(statements('a { b { c } d\n}')).toEqual([['a', ['b', 'c'], 'd']]);
    expect(statements('a{b}')).toEqual([['a', 'b']]);
    expect(statements('\r\na {\r\n\tb\r\n}\r\n')).toEqual([['a', 'b']]);
  });

  it('takes quoted words as one, with what begins comments and blocks elsewhere', () => {
    expect(statements('script "/bin/sh -c \'x { #! }\'"')).toEqual(["script|/bin/sh -c 'x { #! }'"]);
    expect(statements('a "b c"d "e')).toEqual(['a|b c|d|e']);
    expect(read('a "b').problems).toEqual([
      { position: { file: 'lb1/keepalived.conf', line: 1, column: 1 }, text: 'a double quote is not closed' },
    ]);
  });

  it('ends a line at # and !, in a word, too, unless a backslash stands before it', () => {
    expect(statements('auth_pass secret7!x # y')).toEqual(['auth_pass|secret7']);
    expect(statements('auth_pass secret7\\!x')).toEqual(['auth_pass|secret7!x']);
    expect(read('a b!c\n# d\n').comments.map(({ text, followsWord }) => [text, followsWord])).toEqual([
      ['c', true],
      ['d', false],
    ]);
  });

  it('keeps file, line and column of every word', () => {
    const {
      statements: [outer],
    } = read('# first\n\na {\n    b   "c d"\n}');
    const [inner] = outer!.block!;
    expect(inner!.words.map(({ position }) => [position.line, position.column])).toEqual([
      [4, 5],
      [4, 9],
    ]);
  });

  it('reads lines with a condition when they are for this node', () => {
    expect(statements('@lb1 priority 110\n@lb2 priority 100\n@^lb1 state BACKUP\n@^lb2 state MASTER\n')).toEqual([
      'priority|110',
      'state|MASTER',
    ]);
  });

  it('replaces definitions, also of several lines, and in each other', () => {
    expect(statements('$A = 10.0.0\n$B=$A.1\nip $B ${A}.2\n')).toEqual(['ip|$A.1|10.0.0.2']);
    expect(statements('$A=10.0.0\n$B=${A}.1\nip $B\n')).toEqual(['ip|10.0.0.1']);
    expect(statements('$TRACK=track_script { \\\n chk \\\n}\nvrrp_instance A {\n$TRACK\n}\n')).toEqual([
      ['vrrp_instance|A', ['track_script', 'chk']],
    ]);
    expect(read('$A=${A} ${A}\nx $A').notUnderstood.map(({ text }) => text)).toEqual([
      'definitions that stand for too much, or for themselves',
    ]);
  });

  it('says which definitions only keepalived knows', () => {
    expect(read('router_id $_ENV{HOST}\nx ${_PWD}\n').notUnderstood.map(({ text }) => text)).toEqual([
      "$_ENV: only keepalived's own machine knows its value",
      "$_PWD: only keepalived's own machine knows its value",
    ]);
    expect(statements('a b${_HASH}c')).toEqual(['a|b']);
  });

  it('expands sequences', () => {
    expect(statements('~SEQ(N, 1, 3) ip 10.0.0.$N\n')).toEqual(['ip|10.0.0.1', 'ip|10.0.0.2', 'ip|10.0.0.3']);
    expect(statements('~SEQ(N, 10, -5, 0) a ${N}b\n')).toEqual(['a|10b', 'a|5b', 'a|0b']);
    expect(statements('~SEQx(N, 9, 11) a ${N}\n')).toEqual(['a|9', 'a|a', 'a|b']);
    expect(read('~SEQ(N, 1, 1, 999999999) a $N\n').notUnderstood).toHaveLength(1);
    expect(read('~SEQ(N) a\n').problems).toHaveLength(1);
    expect(read('~LST(N, 1, 2) a\n').notUnderstood).toHaveLength(1);
  });

  it('includes files, with globs, and those that an absolute path names on the node', () => {
    const others = { 'lb1/conf.d/b.conf': 'b', 'lb1/conf.d/a.conf': 'a {', 'lb1/etc/keepalived/c.conf': 'c' };
    expect(statements('include conf.d/*.conf\n}\ninclude /etc/keepalived/c.conf\n', others)).toEqual([['a', 'b'], 'c']);
    expect(statements('include /etc/keepalived/conf.d/b.conf\n', others)).toEqual(['b']);
    expect(read('include missing.conf\n').notUnderstood.map(({ text }) => text)).toEqual([
      'include missing.conf: no such file beside the configuration',
    ]);
    expect(read('include keepalived.conf\n').problems.map(({ text }) => text)).toEqual([
      'include keepalived.conf: lb1/keepalived.conf includes itself',
    ]);
    const [first] = read('include conf.d/b.conf\n', others).statements;
    expect(first!.position).toEqual({ file: 'lb1/conf.d/b.conf', line: 1, column: 1 });
  });

  it.each([
    ['a }\n', 'a } that closes nothing', 1],
    ['\n{ a\n', 'a { that belongs to no keyword', 2],
    ['a {\n', 'the { of a is not closed', 1],
    ['a\0b\n', 'a NUL byte: keepalived ignores the line', 1],
  ])('locates what does not match: %j', (text, problem, line) => {
    expect(read(text).problems.map((one) => [one.text, one.position.line])).toContainEqual([problem, line]);
  });

  it('does not follow blocks without end', () => {
    const { problems } = read('a {\n'.repeat(100_000));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThan(50);
  });
});

it.each(['', '  a "b c" {d}!e', 'x\\#y "open', '\t}\r', 'a\\'])('nothing of %j is lost in its tokens', (line) => {
  expect(
    keepalivedTokens(line)
      .tokens.map(({ raw }) => raw)
      .join(''),
  ).toBe(line);
});
