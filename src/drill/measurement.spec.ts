import { expect, it } from '@jest/globals';
import { measure } from './measurement.js';
import { samplesOf } from './testing/samples.js';

const marks = { faultMs: 100, faultDoneMs: 110, healMs: 400, healDoneMs: 420, recoveredMs: 500, endMs: 700 };
/** 70 requests; the fault is before the 11th, the heal before the 41st. */
const pattern = `${'.'.repeat(12)}xxx${'.'.repeat(30)}xx${'.'.repeat(23)}`;

it('tells what the fault has cost from what the way back has', () => {
  const measured = measure(samplesOf(pattern), [], marks, 0);
  expect(measured.outages.fault).toMatchObject([{ fromMs: 120, untilMs: 150, durationMs: 30, failed: 3 }]);
  expect(measured.outages.heal).toMatchObject([{ fromMs: 450, untilMs: 470, durationMs: 20, failed: 2 }]);
  expect(measured).toMatchObject({
    ...{ sent: 60, failed: 5, unsent: 0, failuresByReason: { timeout: 5 }, outageMs: 30, unavailableMs: 50 },
    ...{ longestGapMs: 40, recoveryMs: 50, healthyAfterHealMs: 100, latencyP50Ms: 3, latencyMaxMs: 3 },
  });
});

it('counts nothing from before the fault', () => {
  const before = samplesOf(`xxx${'.'.repeat(67)}`);
  const breakage = {
    event: 'broken',
    kind: 'keep-alive',
    atMs: 20,
    connection: 1,
    reason: 'ECONNRESET',
    waitedMs: 1,
  } as const;
  expect(measure(before, [breakage], marks, 0)).toMatchObject({ failed: 0, broken: 0, outageMs: 0, recoveryMs: 0 });
});

it('counts slow answers, unsent requests, broken connections and downloads', () => {
  const samples = samplesOf(`${'.'.repeat(20)}--${'.'.repeat(48)}`).map((sample, index) =>
    index === 30 ? { ...sample, latencyMs: 101 } : sample,
  );
  const breakage = { event: 'broken', atMs: 200, connection: 1, reason: 'ECONNRESET', waitedMs: 1 } as const;
  const breakages = [
    { ...breakage, kind: 'keep-alive' as const },
    { ...breakage, kind: 'download' as const },
    { ...breakage, kind: 'download' as const, reason: 'timeout' },
  ];
  expect(measure(samples, breakages, marks, 7)).toMatchObject({
    ...{ slow: 1, unsent: 2, broken: 1, brokenDownloads: 2, dualMasterMs: 7, resolutionMs: 0.1 },
    breakagesByReason: { ECONNRESET: 2, timeout: 1 },
  });
});

it('has no latency when nothing was answered', () => {
  expect(measure(samplesOf('x'.repeat(70)), [], marks, 0)).toMatchObject({
    ...{ latencyP50Ms: null, latencyP99Ms: null, latencyMaxMs: null },
    outages: { fault: [{ open: true }], heal: [{ open: true }] },
  });
});
