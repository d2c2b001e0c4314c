import { describe, expect, it } from '@jest/globals';
import { BENCH_VERSION, benchMarkdown, type BenchReport } from './bench-report.js';

const REPORT: BenchReport = {
  version: BENCH_VERSION,
  startedAt: '2026-01-02T03:04:05.000Z',
  finishedAt: '2026-01-02T03:14:05.000Z',
  machine: { cpus: 2, cpuModel: 'Example', memoryGb: 24, kernel: '6.18' },
  load: { connections: 32, durationSeconds: 10, rounds: 3 },
  throughput: [
    {
      name: 'chain',
      description: 'the whole chain',
      requestsPerSecond: 812.4,
      latencyMs: { p50: 38.12, p90: 60, p99: 91, max: 120 },
      errors: 0,
    },
  ],
  ratios: { haproxyCost: 0.214, bareToServices: 1.846 },
  containers: [{ name: 'frontend-01 app', cpuMsPer1000Requests: 512.6, memoryMb: 61.2 }],
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

describe('benchMarkdown', () => {
  it('has a table for each question, and says how it was measured', () => {
    expect(benchMarkdown(REPORT).split('\n')).toEqual(
      expect.arrayContaining([
        '| the whole chain | 812 | 38.1 | 60.0 | 91.0 | 120.0 | 0 |',
        'The HAProxies cost 21 % of the throughput of the services alone. Behind the same HAProxies bare Node servers do 1.85 times as much as the services.',
        '| frontend-01 app | 513 | 61 |',
        '| 2 | 380 | 12 | 24 | 31 | 9 | 10 |',
        'Measured on 2026-01-02 on 2 x Example, 24 GB, Linux 6.18: 32 connections, 10 s, medians of 3 round(s).',
      ]),
    );
  });

  it('leaves out the growth when it was not measured', () => {
    expect(benchMarkdown({ ...REPORT, growth: [] })).not.toContain('nodes per tier');
  });
});
