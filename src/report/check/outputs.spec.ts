import { describe, expect, it } from '@jest/globals';
import { check } from '../../check/check.js';
import { pair, type PairEdits, replaced } from '../../check/testing/pair.js';
import { elementsNamed, parseXml } from '../testing/xml.js';
import { checkJson } from './json.js';
import { checkJunit } from './junit.js';
import { masked } from '../../configuration/masked.js';
import { checkSarif } from './sarif.js';
import { checkText } from './text.js';

const WRONG: PairEdits = {
  both: replaced(
    'advert_int 1\n',
    'advert_int 1\n    authentication {\n        auth_type PASS\n        auth_pass topsecret!x\n    }\n',
  ),
  lb2: replaced('priority 100', 'priority 110'),
  haproxy: replaced(' check inter 1s fall 2', ''),
};
const SECRET = 'topsecret';

function outputs(edits: PairEdits) {
  const cluster = pair(edits);
  const report = check(cluster);
  return {
    report,
    text: checkText(report, cluster).replaceAll(/\u001b\[\d+m/g, ''),
    json: checkJson(report, cluster),
    sarif: checkSarif(report, cluster, '/'),
    junit: checkJunit(report, cluster),
  };
}

describe('of a pair with mistakes', () => {
  const { report, text, json, sarif, junit } = outputs(WRONG);

  it('the text names file, line, rule, what happens and the sum', () => {
    expect(text).toMatch(
      /^2 nodes\n {2}lb1: lb1\/keepalived\.conf, haproxy\.cfg\n {2}lb2: .*\n\nhaproxy\.cfg\n {2}14:5 {3}error {2}server-without-check\n {9}server app1 10\.20\.30\.21:8080\n {9}HAProxy never finds out/,
    );
    expect(text).toMatch(/│ host dies +│ lb1 +│ lb2 +│ 2570 to 3570 ms │ 3 x 1000 ms \+ 570\.3 ms/);
    expect(text).toMatch(/\n2 errors, 3 warnings\n$/);
  });

  it('the JSON has all of it', () => {
    const parsed = JSON.parse(json) as { schemaVersion: number; counts: object; findings: object[]; whatIf: object[] };
    expect(parsed.schemaVersion).toBe(1);
    expect(parsed.counts).toEqual({ error: 2, warning: 3, info: 0, suppressed: 0, notUnderstood: 0 });
    expect(parsed.findings[0]).toMatchObject({
      rule: 'server-without-check',
      file: 'haproxy.cfg',
      line: 14,
      column: 5,
    });
    expect(parsed.whatIf).toHaveLength(report.whatIf.length);
  });

  it('SARIF has a result for each finding, with its rule and place', () => {
    const { version, runs } = JSON.parse(sarif) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          level: string;
          locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
        }[];
      }[];
    };
    expect(version).toBe('2.1.0');
    const [{ tool, results }] = runs as [(typeof runs)[number]];
    expect(results).toHaveLength(report.findings.length);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
    expect(results.map(({ level }) => level).toSorted()).toEqual(['error', 'error', 'warning', 'warning', 'warning']);
    expect(results[0]!.locations[0]!.physicalLocation.artifactLocation.uri).toBe('haproxy.cfg');
  });

  it('JUnit has a case for each rule, and fails those that found something', () => {
    const failed = elementsNamed('testcase', parseXml(junit)).filter(({ children }) =>
      children.some(({ name }) => name === 'failure'),
    );
    expect(failed.map(({ attributes }) => attributes['name']).toSorted()).toEqual([
      'comment-cuts-value',
      'same-priority',
      'server-without-check',
    ]);
  });

  it.each(Object.entries({ text, json, sarif, junit }))('%s shows no password', (_name, output) => {
    expect(output).not.toContain(SECRET);
  });
});

it('a pair that is right has no finding, and rows all the same', () => {
  const { text, junit } = outputs({});
  expect(text).toMatch(/\n\nEDGE \(router id 61\), master lb1\n/);
  expect(text).toMatch(/\n0 errors, 0 warnings\n$/);
  expect(junit).not.toContain('<failure');
});

it('control characters of a file do not reach the terminal', () => {
  const { text } = outputs({
    haproxy: replaced('app1 10.20.30.21:8080 check inter 1s fall 2', 'app1\u001b]0;x\u0007 10.20.30.21:8080'),
  });
  expect(text).not.toMatch(/[\u0007\u001b]/);
});

it('of a line that a comment cuts, the first word is shown', () => {
  const cluster = pair({ haproxy: (text) => `${text}    http-request set-var(txn.x) str(abc)#SECR1 SECR2\n` });
  expect(checkJson(check(cluster), cluster)).not.toMatch(/SECR|abc/);
});

it.each([
  ['    auth_pass secret # old', '    auth_pass ***'],
  ['user admin insecure-password s3cret', 'user admin insecure-password ***'],
  ['stats auth admin:s3cret', 'stats auth ***'],
  ['http-request set-header Authorization "Basic abc"', 'http-request set-header Authorization ***'],
  ['script "curl https://user:pw@host/x"', 'script "curl https://user:***@host/x"'],
  ['$DB_PASSWORD=abc', '$DB_PASSWORD= ***'],
  ['script "/usr/bin/curl -u admin:pw http://x"', 'script "/usr/bin/curl -u ***'],
  ['setenv DBPW abc', 'setenv DBPW ***'],
  ['server app1 10.0.0.1:80 check', 'server app1 10.0.0.1:80 check'],
])('%s is shown as %s', (line, shown) => {
  expect(masked(line)).toBe(shown);
});
