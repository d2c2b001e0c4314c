import { describe, expect, it } from '@jest/globals';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { junitXml } from './junit.js';
import { NASTY, withStrings } from './testing/nasty.js';
import { sampleReport } from './testing/sample-report.js';
import { elementsNamed, parseXml, type XmlElement } from './testing/xml.js';

function parsed(report: DrillReport): XmlElement {
  return parseXml(junitXml(report));
}

function casesOf(report: DrillReport): XmlElement[] {
  return elementsNamed('testcase', parsed(report));
}

/** The first case of a report with one drill. */
function caseOf(changes: Partial<DrillResult>): XmlElement {
  const report = sampleReport();
  return casesOf({ ...report, drills: [{ ...report.drills[0]!, ...changes }] })[0]!;
}

function propertiesOf(element: XmlElement): Record<string, string> {
  const own = element.children.find(({ name }) => name === 'properties')!;
  return Object.fromEntries(own.children.map(({ attributes }) => [attributes['name']!, attributes['value']!] as const));
}

describe('junitXml', () => {
  it('has a suite per profile, with what was measured on what', () => {
    const suites = elementsNamed('testsuite', parsed(sampleReport()));
    expect(suites.map(({ attributes }) => attributes)).toMatchObject([
      { name: 'tuned', tests: '5', failures: '1', errors: '0', skipped: '1' },
      { name: 'classic', tests: '4', failures: '0', errors: '1', skipped: '0' },
    ]);
    expect(propertiesOf(suites[0]!)).toMatchObject({ cluster: 'ha-demo', lab: 'containers', seed: '42', cpus: '2' });
    expect(suites[0]!.attributes['timestamp']).toBe('2026-11-23T02:00:00.000Z');
  });

  it('adds the suites up', () => {
    const { attributes } = parsed(sampleReport());
    expect(attributes).toMatchObject({ tests: '9', failures: '1', errors: '1', skipped: '1' });
    // 18 + 10 runs of 16 s
    expect(attributes['time']).toBe('448');
  });

  it('has no suite for a profile that was not run', () => {
    const report = sampleReport();
    const drills = report.drills.filter(({ profile }) => profile === 'classic');
    const suites = elementsNamed('testsuite', parsed({ ...report, drills }));
    expect(suites.map(({ attributes }) => attributes['name'])).toEqual(['classic']);
  });

  it('names a drill by its tier, fault and node', () => {
    const { attributes } = caseOf({});
    expect(attributes).toMatchObject({ classname: 'frontend', name: 'kill-haproxy on frontend-01', time: '80' });
    expect(caseOf({ node: null }).attributes['name']).toBe('kill-haproxy on the frontend tier');
  });

  it('has the main figures', () => {
    expect(propertiesOf(caseOf({}))).toMatchObject({
      runs: '5',
      outageMedianMs: '24',
      outageMaxMs: '60',
      predictedUntilMs: '63',
      broken: '4',
      brokenDownloads: '1',
    });
  });

  it('rounds to the microsecond', () => {
    const { prediction } = sampleReport().drills[0]!;
    const properties = propertiesOf(caseOf({ prediction: { ...prediction, fromMs: 0.1 + 0.2 } }));
    expect(properties['predictedFromMs']).toBe('0.3');
  });

  it('says it when a prediction has no end', () => {
    const { prediction } = sampleReport().drills[0]!;
    const properties = propertiesOf(caseOf({ prediction: { ...prediction, untilMs: null } }));
    expect(properties['predictedUntilMs']).toBe('as long as the fault lasts');
  });

  it('says nothing more about a drill that passed', () => {
    expect(caseOf({}).children.map(({ name }) => name)).toEqual(['properties']);
  });

  it('passes a drill with a remark, and keeps the remark', () => {
    const { children } = caseOf({ remarks: ['slower than predicted'] });
    expect(children.at(-1)).toMatchObject({ name: 'system-out', text: 'slower than predicted' });
  });

  it.each([
    ['fail', 'failure'],
    ['unknown', 'error'],
  ] as const)('makes of %s a %s, with all remarks', (verdict, name) => {
    const { children } = caseOf({ verdict, remarks: ['first', 'second'] });
    expect(children.at(-1)).toEqual({
      name,
      attributes: { type: verdict, message: 'first' },
      children: [],
      text: 'first\nsecond',
    });
  });

  it('skips with a reason', () => {
    const skipped = casesOf(sampleReport()).find(({ attributes }) =>
      attributes['name']?.startsWith('partition-peers'),
    )!;
    expect(skipped.children).toEqual([
      {
        name: 'skipped',
        attributes: { message: 'This lab cannot drop packets: its kernel has no module for it.' },
        children: [],
        text: '',
      },
    ]);
  });

  it('is well-formed whatever the strings are, and keeps all of them that XML can say', () => {
    const kept = NASTY.replace('\u0000', '\u{FFFD}')
      .replace('\u0007', '\u{FFFD}')
      .replace('\u001b', '\u{FFFD}')
      .replace('\uD800', '\u{FFFD}');
    const nasty = withStrings(sampleReport(), (text, key) => (key === 'verdict' || key === 'profile' ? text : NASTY));
    const root = parsed(nasty);
    expect(propertiesOf(elementsNamed('testsuite', root)[0]!)).toMatchObject({
      cluster: kept,
      cpuModel: kept,
      kernel: kept,
    });
    expect(elementsNamed('testcase', root)[0]!.attributes['name']).toBe(`${kept} on ${kept}`);
    expect(elementsNamed('failure', root)[0]!.attributes['message']).toBe(kept);
    expect(elementsNamed('failure', root)[0]!.text).toContain(kept);
    expect(elementsNamed('skipped', root)[0]!.attributes['message']).toBe(kept);
  });
});
