import { expect, it } from '@jest/globals';
import { markdownSummary } from './markdown.js';
import { sampleReport } from './testing/sample-report.js';

it('has a line per drill, and says on what and when it was measured', () => {
  const report = sampleReport();
  const [head, rule, ...lines] = markdownSummary(report).split('\n');
  expect(head).toMatch(/^\| fault \| where \| profile \| predicted \| outage/);
  expect(rule).toMatch(/^(\| --- )+\|$/);
  const rows = lines.filter((line) => line.startsWith('|'));
  expect(rows).toHaveLength(report.drills.length);
  const columns = head!.split(' | ').length;
  rows.forEach((row, index) => {
    expect(row.split(' | ')).toHaveLength(columns);
    expect(row).toContain(report.drills[index]!.fault);
  });
  expect(lines.at(-2)).toContain(`Measured on ${report.startedAt.slice(0, 10)} in ${report.lab}`);
});

it('keeps a cell a cell', () => {
  const report = sampleReport();
  const drills = [{ ...report.drills[0]!, fault: 'a|b\nc' }];
  expect(markdownSummary({ ...report, drills })).toContain('| a\\|b c |');
});

it('ends with what check has found in the files of a pair', () => {
  const finding = { rule: 'some-rule', severity: 'error', place: 'lb1/a.conf:3', happens: 'It breaks.' } as const;
  expect(markdownSummary({ ...sampleReport(), findings: [finding] })).toMatch(
    /downloads\.\n\n- error: lb1\/a\.conf:3 some-rule: It breaks\.\n$/,
  );
});
