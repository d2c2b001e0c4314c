import { describe, expect, it } from '@jest/globals';
import { check } from './check.js';
import { pair, replaced } from './testing/pair.js';

const withComment = (comment: string) =>
  check(pair({ lb2: replaced('    priority 100', `${comment}\n    priority 110`) }));

describe('# ha-demo: ignore RULE reason', () => {
  it('takes a finding of the next line away, and counts it', () => {
    const report = withComment('    # ha-demo: ignore same-priority the addresses decide');
    expect(report.findings).toEqual([]);
    expect(report.suppressedCount).toBe(1);
    expect(report.suppressionProblems).toEqual([]);
  });

  it('is no comment about nothing while the programs are not asked', () => {
    const comment = '    # ha-demo: ignore keepalived-complains it is right with 2.2';
    const edits = { lb2: replaced('    priority 100', `${comment}\n    priority 100`) };
    expect(check(pair(edits)).suppressionProblems).toEqual([]);
    expect(check(pair({ ...edits, says: { keepalived: '' } })).suppressionProblems).toHaveLength(1);
  });

  it('takes one of its own line away', () => {
    const { findings } = check(
      pair({
        lb2: replaced('    priority 100', '    priority 110 ! ha-demo: ignore same-priority the addresses decide'),
      }),
    );
    expect(findings).toEqual([]);
  });

  it.each([
    ['# ha-demo: ignore same-priority', 'ha-demo: ignore same-priority: a reason has to follow', 1],
    ['# ha-demo: ignore same-prio because', 'ha-demo: ignore same-prio: there is no such rule', 1],
    [
      '# ha-demo: ignore virtual-ips-differ because',
      'ha-demo: ignore virtual-ips-differ: nothing is found here, the comment can go',
      1,
    ],
  ])('%s does nothing, and is told', (comment, problem, count) => {
    const { findings, suppressionProblems } = withComment(comment);
    expect(findings).toHaveLength(count);
    expect(suppressionProblems.map(({ text, position }) => [text, position.file])).toEqual([
      [problem, 'lb2/keepalived.conf'],
    ]);
  });
});
