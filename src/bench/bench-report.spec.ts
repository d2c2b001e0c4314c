import { describe, expect, it } from '@jest/globals';
import type { ArrangementName } from './arrangement.js';
import { benchMarkdown } from './bench-markdown.js';
import { BENCH_VERSION, type BenchReport, type Throughput } from './bench-report.js';
import { ratiosOf } from './figures.js';

/** @param appMs of the frontend's first node, the second has as much; the backend's have half of that */
function throughput(name: ArrangementName, requestsPerSecond: number, appMs: number): Throughput {
  return {
    name,
    description: `arrangement ${name}`,
    haproxies: name === 'services' ? 'none' : /against/i.test(name) ? 'against' : 'own',
    requestsPerSecond,
    latencyMs: { p50: 38.12, p90: 60, p99: 91, max: 120 },
    errors: 0,
    containers: (['frontend', 'backend'] as const).flatMap((tier) =>
      ['01', '02'].map((number) => ({
        name: `${tier}-${number} app`,
        tier,
        role: 'app',
        cpuMsPer1000Requests: tier === 'frontend' ? appMs : appMs / 2,
        memoryMb: 61.2,
      })),
    ),
  };
}

const OWN = [throughput('chain', 812.4, 400), throughput('services', 1034, 390), throughput('bare', 1500, 100)];
const AGAINST = [
  throughput('against', 406.2, 800),
  throughput('servicesBehindAgainst', 700, 420),
  throughput('bareBehindAgainst', 1400, 105),
];

function report(measured: Throughput[]): BenchReport {
  return {
    version: BENCH_VERSION,
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:14:05.000Z',
    machine: { cpus: 2, cpuModel: 'Example', memoryGb: 24, kernel: '6.18' },
    load: { connections: 32, durationSeconds: 10, rounds: 3 },
    throughput: measured,
    ratios: ratiosOf(measured),
    growth: [
      {
        nodesPerTier: 2,
        memoryMb: 380,
        killHaproxyOutageMs: { medianMs: 12, p95Ms: 24, maxMs: 31 },
        failed: 9,
        runs: 10,
      },
    ],
  };
}

describe('benchMarkdown', () => {
  it('has a table for each question, and says how it was measured', () => {
    expect(benchMarkdown(report(OWN)).split('\n')).toEqual(
      expect.arrayContaining([
        '| arrangement chain | 812 | 38.1 | 60.0 | 91.0 | 120.0 | 0 |',
        'The HAProxies cost 21 % of the throughput of the services alone. Behind the same HAProxies bare Node servers do 1.85 times as much as the services.',
        '| arrangement chain | 800 (4.00 ×) | 0 | 0 | 400 (4.00 ×) | 0 | 0 |',
        '| arrangement bare | 200 | 0 | 0 | 100 | 0 | 0 |',
        '| frontend-01 app | 400 | 61 |',
        '| 2 | 380 | 12 | 24 | 31 | 9 | 10 |',
        'Measured on 2026-01-02 on 2 x Example, 24 GB, Linux 6.18: 32 connections, 10 s, medians of 3 round(s).',
      ]),
    );
  });

  it('tells what the other commit does, and compares behind its HAProxies', () => {
    const markdown = benchMarkdown({ ...report([...OWN, ...AGAINST]), against: 'a47d4167fe2288e7' });
    expect(markdown.split('\n')).toEqual(
      expect.arrayContaining([
        'The HAProxies cost 21 % of the throughput of the services alone. Behind the same HAProxies bare Node servers do 1.85 times as much as the services, behind those of a47d416 2.00 times as much. The whole chain does 2.00 times as much as that of a47d416.',
        '| arrangement servicesBehindAgainst | 840 (4.00 ×) | 0 | 0 | 420 (4.00 ×) | 0 | 0 |',
      ]),
    );
  });

  it('leaves out the growth when it was not measured', () => {
    expect(benchMarkdown({ ...report(OWN), growth: [] })).not.toContain('nodes per tier');
  });
});
