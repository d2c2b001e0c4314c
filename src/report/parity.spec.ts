import { describe, expect, it } from '@jest/globals';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { parityMarkdown, parityPage, parityRows } from './parity.js';
import { sampleReport } from './testing/sample-report.js';

const [DRILL] = sampleReport().drills as [DrillResult];

/** A report of one drill whose outages had this p95, where the timers say `predictedMs`. */
function reportOf(lab: DrillReport['lab'], p95Ms: number | null, predictedMs: number, because = 'timers'): DrillReport {
  const statistics = p95Ms === null ? null : { ...DRILL.statistics!, outageMs: { medianMs: 10, p95Ms, maxMs: p95Ms } };
  const prediction = { fromMs: 0, untilMs: predictedMs, because };
  const skippedBecause = p95Ms === null ? 'not here' : null;
  return { ...sampleReport(), lab, drills: [{ ...DRILL, statistics, prediction, skippedBecause }] };
}

function rowOf(containers: DrillReport, hosts: DrillReport) {
  return parityRows({ containers, hosts })[0]!;
}

describe('parityRows', () => {
  it('takes outages that hardly differ for alike', () => {
    expect(rowOf(reportOf('containers', 60, 60), reportOf('vms', 75, 60))).toMatchObject({
      fault: DRILL.fault,
      difference: '+15 ms',
      why: 'alike',
    });
  });

  it('explains by the timers what they explain, and leaves the rest to the machines', () => {
    const why = (p95Ms: number) =>
      rowOf(reportOf('containers', 60, 60), reportOf('vms', p95Ms, 300, 'adverts every 100 ms')).why;
    expect(why(310)).toBe('other timers (240 ms): adverts every 100 ms');
    expect(why(400)).toBe(
      'other timers (240 ms): adverts every 100 ms; the machines themselves (100 ms): detectors and kernels of their own, processors that are slower, or faster',
    );
    expect(rowOf(reportOf('containers', 10, 0), reportOf('vms', 90, 0)).why).toMatch(
      /^the machines themselves \(80 ms\)/,
    );
  });

  it('says what a lab cannot do', () => {
    expect(rowOf(reportOf('containers', 60, 60), reportOf('vms', null, 60))).toMatchObject({
      hosts: { outage: 'not here', failed: '-' },
      difference: '-',
      why: '-',
    });
  });

  it('leaves out what only one of them has run', () => {
    expect(parityRows({ containers: reportOf('containers', 1, 1), hosts: { ...sampleReport(), drills: [] } })).toEqual(
      [],
    );
  });
});

describe('parityPage and parityMarkdown', () => {
  const report = { containers: reportOf('containers', 60, 60), hosts: reportOf('vms', 400, 300, 'a < b') };

  it('show the rows, escaped, and what each lab was measured on', () => {
    const page = parityPage(report);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('a &lt; b');
    expect(page).toContain(`<th>${DRILL.fault}</th>`);
    expect(page.match(/<li>/g)).toHaveLength(2);
    const markdown = parityMarkdown(report);
    expect(markdown).toContain(`| ${DRILL.fault} | `);
    expect(markdown).toMatch(/^- containers: .*\n- vms: /m);
  });
});
