import type { ProfileName } from '../../cluster/cluster-file.js';
import type { DrillReport, DrillResult, DrillRun, RunTimeline, SampleColumns } from '../../drill/drill-report.js';
import { REPORT_VERSION } from '../../drill/drill-report.js';
import { outageWindows } from '../../drill/outage.js';
import { spreadOf } from '../../drill/spread.js';

const END_MS = 16_000;
const FAULT_MS = 3_000;
const HEAL_MS = 9_000;
const TIMEOUT_MS = 1_000;
const NODES = ['frontend-01', 'frontend-02'];

export interface SampleDrill {
  fault: string;
  node: string | null;
  profile: ProfileName;
  /** Of each run; the timeline is that of the longest one. */
  outagesMs: number[];
  ratePerSecond: number;
}

/** Four drills under both profiles, and one that the lab cannot do: what a report of an afternoon looks like. */
export function sampleReport(ratePerSecond = 20): DrillReport {
  const pair = (fault: string, node: string | null, tunedMs: number[], classicMs: number[]) => [
    sampleDrill({ fault, node, profile: 'tuned', outagesMs: tunedMs, ratePerSecond }),
    sampleDrill({ fault, node, profile: 'classic', outagesMs: classicMs, ratePerSecond }),
  ];
  const failing = sampleDrill({
    fault: 'freeze-node',
    node: 'frontend-01',
    profile: 'tuned',
    outagesMs: [80, 95, 340],
    ratePerSecond,
  });
  return {
    version: REPORT_VERSION,
    startedAt: '2026-11-23T02:00:00.000Z',
    finishedAt: '2026-11-23T02:31:07.500Z',
    cluster: 'ha-demo',
    lab: 'containers',
    machine: { cpus: 2, cpuModel: 'Example CPU 3.0 GHz', memoryGb: 7.8, kernel: '6.18.0' },
    load: { ratePerSecond, timeoutMs: TIMEOUT_MS, keepAliveConnections: 20, downloads: 4 },
    seed: 42,
    verdict: 'fail',
    drills: [
      ...pair('kill-haproxy', 'frontend-01', [18, 24, 31, 24, 60], [650, 980, 1_258]),
      ...pair('power-off-node', 'frontend-01', [45, 48, 62, 51, 47], [2_610, 2_800, 3_400]),
      ...pair('stop-app', 'backend-02', [0, 0, 0, 0, 0], [0, 0, 130]),
      {
        ...failing,
        verdict: 'fail',
        remarks: ['The outage of 340 ms (p95) is over the budget of 100 ms.', 'Run 3 is five times the prediction.'],
        runs: failing.runs.map((run) => (run.number === 3 ? { ...run, verdict: 'fail' as const } : run)),
      },
      {
        ...sampleDrill({
          fault: 'freeze-node',
          node: 'frontend-01',
          profile: 'classic',
          outagesMs: [3_500],
          ratePerSecond,
        }),
        verdict: 'unknown',
        remarks: ['The prober was late: 40 requests were not sent.'],
      },
      skippedDrill('partition-peers', 'This lab cannot drop packets: its kernel has no module for it.'),
    ],
  };
}

export function sampleDrill({ fault, node, profile, outagesMs, ratePerSecond }: SampleDrill): DrillResult {
  const runs = outagesMs.map((outageMs, index) => sampleRun(index + 1, outageMs, ratePerSecond));
  const longestMs = Math.max(...outagesMs);
  const sum = (figure: (run: DrillRun) => number) => runs.reduce((total, run) => total + figure(run), 0);
  return {
    fault,
    tag: 'crash',
    description: `What ${fault} does to the one that serves.`,
    tier: node?.startsWith('backend') ? 'backend' : 'frontend',
    node,
    profile,
    asked: node?.startsWith('backend') ? 'backend' : 'frontend',
    timeoutMs: 250,
    skippedBecause: null,
    prediction:
      profile === 'tuned'
        ? { fromMs: 40, untilMs: 63, because: 'three adverts of 20 ms are missed, and the skew' }
        : { fromMs: 2_609, untilMs: 3_609, because: 'three adverts of 1000 ms are missed, and the skew' },
    classicClaim: '1 to 4 s',
    budget: profile === 'tuned' ? { failed: 20, broken: 0, outageP95Ms: 100 } : null,
    runs,
    statistics: {
      outageMs: spreadOf(outagesMs),
      recoveryMs: spreadOf(outagesMs),
      longestGapMs: spreadOf(outagesMs.map((ms) => ms + 10)),
      latencyP99Ms: { medianMs: 4.2, p95Ms: 6, maxMs: 7.5 },
      failed: sum(({ measured }) => measured.failed),
      slow: 3,
      broken: 4,
      brokenDownloads: 1,
      sent: sum(({ measured }) => measured.sent),
    },
    verdict: 'pass',
    remarks: [],
    timeline: sampleTimeline(outagesMs.indexOf(longestMs) + 1, longestMs, ratePerSecond),
  };
}

function skippedDrill(fault: string, because: string): DrillResult {
  return {
    ...sampleDrill({ fault, node: null, profile: 'tuned', outagesMs: [0], ratePerSecond: 1 }),
    skippedBecause: because,
    budget: null,
    runs: [],
    statistics: null,
    verdict: null,
    timeline: null,
  };
}

function sampleRun(number: number, outageMs: number, ratePerSecond: number): DrillRun {
  const samples = sampleColumns(outageMs, ratePerSecond);
  const windows = outageWindows(
    samples.dueMs.map((dueMs, i) => ({
      ...{ dueMs, lateMs: 0, latencyMs: samples.latencyMs[i]!, outcome: samples.outcome[i]! },
      ...{ reason: null, status: null, frontend: null, backend: null },
    })),
    END_MS,
  );
  const failed = samples.outcome.filter((outcome) => outcome === 'failed').length;
  return {
    number,
    startedAt: `2026-11-23T02:0${number}:00.000Z`,
    verdict: 'pass',
    remarks: [],
    marks: {
      faultMs: FAULT_MS,
      faultDoneMs: FAULT_MS + 80,
      healMs: HEAL_MS,
      healDoneMs: HEAL_MS + 400,
      recoveredMs: HEAL_MS + 2_100,
      endMs: END_MS,
    },
    measured: {
      sent: samples.dueMs.filter((ms) => ms >= FAULT_MS).length,
      failed,
      failuresByReason: failed > 0 ? { 'connect-timeout': failed } : {},
      unsent: 0,
      slow: 1,
      outages: { fault: windows, heal: [] },
      outageMs,
      unavailableMs: outageMs,
      longestGapMs: outageMs + 10,
      latencyP50Ms: 1.4,
      latencyP99Ms: 4.2,
      latencyMaxMs: 38,
      broken: 1,
      brokenDownloads: 0,
      breakagesByReason: { 'closed-before-response': 1 },
      recoveryMs: outageMs,
      healthyAfterHealMs: 2_100,
      resolutionMs: 0.8,
      dualMasterMs: 0,
    },
  };
}

function sampleTimeline(run: number, outageMs: number, ratePerSecond: number): RunTimeline {
  const server = (name: string, ...states: [number, string][]) => ({
    name,
    kind: 'server' as const,
    states: states.map(([fromMs, state]) => ({ fromMs, state })),
  });
  const electedMs = FAULT_MS + outageMs * 0.8;
  return {
    run,
    samples: sampleColumns(outageMs, ratePerSecond),
    brokenAtMs: outageMs > 0 ? [FAULT_MS + 1, FAULT_MS + 2, FAULT_MS + 300] : [],
    lanes: [
      {
        name: 'frontend-01 VRRP',
        kind: 'vrrp',
        states: [
          { fromMs: 0, state: 'MASTER' },
          { fromMs: FAULT_MS + outageMs * 0.1, state: 'FAULT' },
          { fromMs: HEAL_MS + 500, state: 'BACKUP' },
          { fromMs: HEAL_MS + 2_000, state: 'MASTER' },
        ],
      },
      {
        name: 'frontend-02 VRRP',
        kind: 'vrrp',
        states: [
          { fromMs: 0, state: 'BACKUP' },
          { fromMs: electedMs, state: 'MASTER' },
          { fromMs: HEAL_MS + 2_001, state: 'BACKUP' },
        ],
      },
      server('frontend-02 sees frontend-01', [0, 'UP'], [3_250, 'UP 1/2'], [3_450, 'DOWN'], [9_900, 'UP']),
      server('frontend-02 sees frontend-02', [0, 'UP']),
      server('backend-01 sees backend-01', [0, 'UP']),
    ],
    steps:
      outageMs > 0
        ? [
            { name: 'fault', atMs: FAULT_MS },
            { name: 'detected', atMs: FAULT_MS + outageMs * 0.1 },
            { name: 'elected', atMs: electedMs },
            { name: 'first good answer', atMs: FAULT_MS + outageMs },
          ]
        : [{ name: 'fault', atMs: FAULT_MS }],
  };
}

/** Both nodes take turns; while one is down the other one answers alone. The same on every call. */
function sampleColumns(outageMs: number, ratePerSecond: number): SampleColumns {
  const columns: SampleColumns = { dueMs: [], latencyMs: [], outcome: [], answeredBy: [] };
  let random = 1;
  for (let i = 0; i < (END_MS * ratePerSecond) / 1_000; i += 1) {
    random = (random * 48_271) % 2_147_483_647;
    const noise = random / 2_147_483_647;
    const dueMs = Math.round((i * 1e6) / ratePerSecond) / 1e3;
    const failed = dueMs >= FAULT_MS && dueMs < FAULT_MS + outageMs;
    const unsent = dueMs > 12_000 && dueMs < 12_060;
    const alone = dueMs >= FAULT_MS && dueMs < HEAL_MS + 900;
    const latencyMs = failed ? Math.min(TIMEOUT_MS, FAULT_MS + outageMs + 300 - dueMs) : 0.9 / (1.02 - noise);
    columns.dueMs.push(dueMs);
    columns.latencyMs.push(unsent ? null : Math.round(latencyMs * 1e3) / 1e3);
    columns.outcome.push(unsent ? 'unsent' : failed ? 'failed' : 'ok');
    columns.answeredBy.push(failed || unsent ? null : NODES[alone ? 1 : i % 2]!);
  }
  return columns;
}
