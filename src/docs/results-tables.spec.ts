import { describe, expect, it } from '@jest/globals';
import { sampleReport, sampleDrill } from '../report/testing/sample-report.js';
import { shortResults } from './results-tables.js';

describe('shortResults', () => {
  it('has a row for each fault, both profiles beside each other', () => {
    const drill = (profile: 'tuned' | 'classic', outagesMs: number[]) =>
      sampleDrill({ fault: 'kill-haproxy', node: 'backend-01', profile, outagesMs, ratePerSecond: 20 });
    const drills = [drill('classic', [980]), drill('tuned', [0, 0]), ...sampleReport().drills];
    const lines = shortResults({ ...sampleReport(), drills }).split('\n');
    expect(lines.find((line) => line.includes('kill-haproxy'))).toMatch(
      /^\| kill-haproxy \| crash \| no outage, 0 of 520 failed \| 980 ms, \d+ of 260 failed \|$/,
    );
    expect(lines.at(-1)).toBe(
      '5 runs each on the backend tier, 20 requests/s, on 2026-11-23: 2 x Example CPU 3.0 GHz, in containers.',
    );
  });

  it('says so when a fault was not drilled', () => {
    expect(shortResults({ ...sampleReport(), drills: [] })).toContain('| hang-haproxy |  | - | - |');
  });
});
