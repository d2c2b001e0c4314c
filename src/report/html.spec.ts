import { describe, expect, it } from '@jest/globals';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { reportPage } from './html.js';
import { NASTY, withStrings } from './testing/nasty.js';
import { sampleReport } from './testing/sample-report.js';

const DATA = /<script type="application\/json" id="report">([\s\S]*?)<\/script>/;

/** What a person can see, each run of white space as one space. */
function textOf(html: string): string {
  return html
    .replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#x([0-9A-F]+);/gi, (_all, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}

/** The cells of each row of the table below a heading. */
function rowsOf(html: string, heading: string): string[][] {
  const [, after = ''] = html.split(`id="${heading}"`);
  const [table = ''] = after.split('</table>');
  return [...table.matchAll(/<tr[\s\S]*?<\/tr>/g)].map(([row]) =>
    [...row.matchAll(/<t([hd])[\s\S]*?<\/t\1>/g)].map(([cell]) => textOf(cell).trim()),
  );
}

function reportOf(...drills: DrillResult[]): DrillReport {
  return { ...sampleReport(), drills };
}

function firstDrill(changes: Partial<DrillResult> = {}): DrillResult {
  return { ...sampleReport().drills[0]!, ...changes };
}

describe('reportPage', () => {
  it('says what was measured, on what, and what it came to', () => {
    const text = textOf(reportPage(sampleReport()));
    expect(text).toContain('Drills of ha-demo: ✘ fail');
    expect(text).toContain('6 pass, 1 fail, 1 unknown, 1 skipped');
    expect(text).toContain('containers');
    expect(text).toContain('2026-11-23 02:00:00 UTC');
    expect(text).toContain(
      '20 requests/s on fresh connections that wait 1000 ms, 20 keep-alive connections, 4 downloads',
    );
    expect(text).toContain('2 x Example CPU 3.0 GHz, 7.8 GB, Linux 6.18.0');
  });

  it('has a row for each drill that was run, those of one fault and place together', () => {
    const [, ...rows] = rowsOf(reportPage(sampleReport()), 'summary');
    expect(rows).toHaveLength(8);
    expect(rows[0]).toEqual([
      ...['kill-haproxy', 'frontend-01', 'tuned', '5', '40 to 63 ms', '1 to 4 s', '24 / 60 / 60 ms'],
      ...['1,300', '6', '3', '4 / 1', '24 / 60 / 60 ms', '✔ pass', 'failed ≤ 20, broken ≤ 0, outage p95 ≤ 100 ms'],
    ]);
    expect(rows[1]!.slice(0, 2)).toEqual(['classic', '3']);
    expect(rows.map((row) => row.at(-2))).toEqual([...Array<string>(6).fill('✔ pass'), '✘ fail', '? unknown']);
  });

  it('begins with a picture of every run', () => {
    const html = reportPage(sampleReport());
    expect(html.indexOf('id="overview"')).toBeLessThan(html.indexOf('id="profiles"'));
    const [, picture = ''] = /id="overview">([\s\S]*?)<\/figure>/.exec(html)!;
    expect(picture.match(/<use class="(pass|fail|unknown)"/g)).toHaveLength(5 + 3 + 5 + 3 + 5 + 3 + 3 + 1);
    expect(textOf(picture)).toContain('kill-haproxy on frontend-01, tuned');
    const ofOne = reportPage(reportOf(firstDrill()));
    expect(textOf(ofOne)).not.toContain('kill-haproxy on frontend-01, tuned predicted');
    expect(reportPage(reportOf())).not.toContain('id="overview"');
  });

  it('shows the profiles side by side, where there are two', () => {
    const html = reportPage(sampleReport());
    const [, tuned, classic] = rowsOf(html, 'profiles');
    expect(tuned!.slice(0, 6)).toEqual(['kill-haproxy', 'frontend-01', 'tuned', '5', '', '24 / 60 / 60 ms']);
    expect(classic!.slice(0, 4)).toEqual(['classic', '3', '', '980 / 1258 / 1258 ms']);
    expect(html).toContain('style="width: 100%"');
    const tunedOnly = reportOf(...sampleReport().drills.filter(({ profile }) => profile === 'tuned'));
    expect(reportPage(tunedOnly)).not.toContain('id="profiles"');
  });

  it('leads from the summary to every drill, and nowhere else', () => {
    const html = reportPage(sampleReport());
    const anchors = new Set([...html.matchAll(/<a href="#([^"]*)"/g)].map(([, anchor]) => anchor));
    expect(anchors.size).toBe(8);
    for (const anchor of anchors) expect(html).toContain(`<section id="${anchor}">`);
  });

  it('lists what was skipped, with the reason', () => {
    expect(textOf(reportPage(sampleReport()))).toContain(
      'partition-peers on the frontend tier (tuned): This lab cannot drop packets: its kernel has no module for it.',
    );
    expect(reportPage(reportOf(firstDrill()))).not.toContain('id="skipped"');
  });

  it('tells the takeover step by step', () => {
    const text = textOf(reportPage(reportOf(firstDrill())));
    expect(text).toContain('The takeover, step by step');
    expect(text).toContain('fault → detected: 6.0 ms');
    expect(text).toContain('elected → first good answer: 12 ms');
  });

  it('tells the steps in the order of time, also when the request of the first good answer had waited', () => {
    const { timeline } = firstDrill();
    const steps = [
      { name: 'fault', atMs: 100 },
      { name: 'elected', atMs: 150 },
      { name: 'first good answer', atMs: 140 },
    ];
    const text = textOf(reportPage(reportOf(firstDrill({ timeline: { ...timeline!, steps } }))));
    expect(text).toContain('fault → first good answer: 40 ms first good answer → elected: 10 ms');
  });

  it('gives a chart to the drill whose samples they are, in whatever order the drills were run', () => {
    const { drills } = sampleReport();
    const inAnotherOrder = drills.toSorted((a, b) => b.profile.localeCompare(a.profile)).reverse();
    const html = reportPage(reportOf(...inAnotherOrder));
    const [, ...sections] = html.split('<section id="drill-');
    const charts = sections.map((section) => [
      textOf(`<p ${section.split('</h2>')[0]}`)
        .trim()
        .replace(/:.*/, ''),
      Number(/data-drill="(\d+)"/.exec(section)![1]),
    ]);
    expect(charts).toHaveLength(8);
    for (const [title, index] of charts) {
      const { fault, node, profile } = inAnotherOrder[index as number]!;
      expect(title).toBe(`${fault} on ${node}, ${profile}`);
    }
  });

  it('has remarks, and every run with the reasons of its failures and breakages', () => {
    const text = textOf(reportPage(sampleReport()));
    expect(text).toContain('The outage of 340 ms (p95) is over the budget of 100 ms.');
    expect(text).toContain('3 02:03:00 ✘ fail 340 ms');
    expect(text).toMatch(/failed: \d+ connect-timeout; broken: 1 closed-before-response/);
  });

  it('has no figures of a run that was not measured', () => {
    const { runs } = firstDrill();
    const measured = { ...runs[0]!.measured, sent: 0, unsent: 0 };
    const notRun = { ...runs[0]!, verdict: 'unknown' as const, remarks: ['The lab was not steady.'], measured };
    const text = textOf(reportPage(reportOf(firstDrill({ runs: [notRun, ...runs.slice(1)] }))));
    expect(text).toContain('1 02:01:00 ? unknown not measured The lab was not steady.');
  });

  it('shows a drill that came to nothing: no runs, no figures', () => {
    const nothing = firstDrill({
      ...{ runs: [], statistics: null, timeline: null, budget: null },
      ...{ verdict: 'unknown', remarks: ['The lab was never healthy.'] },
    });
    const html = reportPage(reportOf(nothing));
    expect(textOf(html)).toContain('The lab was never healthy.');
    expect(html).not.toContain('class="timeline"');
  });

  it('shows a report without any drill', () => {
    expect(textOf(reportPage(reportOf()))).toContain('No drill was run.');
  });

  it('asks for nothing from outside, and is not allowed to', () => {
    const html = reportPage(sampleReport());
    const markup = html.replaceAll(/<script[\s\S]*?<\/script>/g, '');
    for (const [, target] of markup.matchAll(/(?:src|href|action|data)="([^"]*)"/g))
      expect(target).toMatch(/^#|^data:,$/);
    expect(markup).not.toMatch(/https?:|url\(|@import|\ssrc=|<link rel="?stylesheet/);
    expect(html).toContain(`content="default-src 'none'; `);
    expect(html.match(/https?:\/\/[^\s"')]+/g)).toEqual(['https://github.com/leeoniya/uPlot']);
  });

  it('carries the whole report', () => {
    const [, json] = DATA.exec(reportPage(sampleReport()))!;
    expect(JSON.parse(json!)).toEqual(sampleReport());
  });

  it('lets no string break out', () => {
    const keys = ['verdict', 'profile', 'outcome', 'kind'];
    const nasty = withStrings(sampleReport(), (text, key) => (keys.includes(key) || text === 'ok' ? text : NASTY));
    for (const drill of nasty.drills) for (const run of drill.runs) run.measured.failuresByReason = { [NASTY]: 1 };
    const html = reportPage(nasty);
    const [, json] = DATA.exec(html)!;
    expect(JSON.parse(json!)).toEqual(nasty);
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    expect(html).not.toContain('alert(1)</script>');
    const count = (text: string, part: string) => text.split(part).length - 1;
    for (const part of ['<script', '</script', '<!--', '<section', '<table', '<!doctype'])
      expect([part, count(html, part)]).toEqual([part, count(reportPage(sampleReport()), part)]);
  });
});

it('has of a pair of the user what became of its virtual IP, and what check has found', () => {
  const tried = {
    virtualIp: '10.0.0.1',
    on: 'lb1',
    mastersThen: ['lb2', 'nobody'],
    lastsUntilMended: false,
    isPredicted: true,
    isAsPredicted: false,
    inLab: { fromMs: 40, untilMs: 60, because: 'quick timers' },
  };
  const finding = { rule: 'some-rule', severity: 'error', place: 'lb1/a.conf:3', happens: 'It breaks.' } as const;
  const first = firstDrill({ tried });
  const second = firstDrill({ tried: { ...tried, virtualIp: '10.0.0.2' } });
  const html = reportPage({ ...reportOf(first, second), findings: [finding] });
  const text = textOf(html);
  expect(text).toContain('kill-haproxy on lb1 (10.0.0.1), its own: ✔ pass');
  expect(text).toContain(
    'Master then lb2, nobody As check says no The lab with its profile tuned, predicted 40 to 60 ms',
  );
  expect(text).toContain('They ask 10.0.0.2 and wait');
  expect(text).toContain('error lb1/a.conf:3 some-rule: It breaks.');
  // Two virtual routers on one node are no comparison of profiles.
  expect(html).not.toContain('class="comparison"');
});
