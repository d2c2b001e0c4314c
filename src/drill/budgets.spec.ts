import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { InvalidInputError } from '../common/errors.js';
import { loadBudgets, overrunsOf, overrunsOfRun } from './budgets.js';
import { measure } from './measurement.js';
import { spreadOf } from './spread.js';
import { samplesOf } from './testing/samples.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'budgets-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('loadBudgets', () => {
  const load = async (text: string) => {
    const file = join(folder, 'budgets.yaml');
    await writeFile(file, text);
    return loadBudgets(file);
  };

  it('reads what a drill may cost', async () => {
    expect(await load('kill-haproxy: { outageP95Ms: 80, failed: 10 }\nlossy-link: {}\n')).toEqual({
      'kill-haproxy': { outageP95Ms: 80, failed: 10 },
      'lossy-link': {},
    });
  });

  it.each([
    ['kill-proxy: {}', /fault: kill-proxy must be one of .*kill-haproxy/],
    ['kill-haproxy: 3', /kill-haproxy: must be a mapping of failed, failedPercent, broken/],
    ['kill-haproxy: { outage: 3 }', /kill-haproxy.outage: is not a known field; there are failed/],
    ['kill-haproxy: { failed: -1 }', /kill-haproxy.failed: -1 must be a number of 0 or more/],
    ['kill-haproxy: { failed: many }', /kill-haproxy.failed: "many" must be a number of 0 or more/],
    ['- a', /must be a mapping of faults/],
    ['a: [', /cannot be read as YAML/],
  ])('refuses %j with one line', async (text, message) => {
    await expect(load(text)).rejects.toThrow(message);
    const error = (await load(text).catch((reason: unknown) => reason)) as InvalidInputError;
    expect(error.exitCode).toBe(2);
    expect(error.message).not.toContain('\n');
  });

  it('refuses a file that is not there', async () => {
    await expect(loadBudgets(join(folder, 'none.yaml'))).rejects.toThrow(/none.yaml: cannot be read/);
  });

  it.each(['budgets.yaml', 'budgets.vms.yaml'])("accepts the project's own %s", async (name) => {
    const own = await loadBudgets(new URL(`../../${name}`, import.meta.url).pathname);
    expect(own['stop-haproxy']).toMatchObject({ failed: 0, broken: 0 });
  });
});

describe('a budget', () => {
  const marks = { faultMs: 0, faultDoneMs: 0, healMs: 100, healDoneMs: 100, recoveredMs: 100, endMs: 200 };
  const measured = measure(samplesOf('..xx......'), [], marks, 0);

  it.each([
    [{}, []],
    [{ failed: 2, broken: 0, unanswered: 2 }, []],
    [{ failed: 1 }, ['2 failed requests (2 timeout), at most 1']],
    [{ failedPercent: 20 }, []],
    [{ failedPercent: 19 }, ['20 % of requests failed (2 timeout), at most 19']],
    [{ unanswered: 0 }, ['2 unanswered requests (2 timeout), at most 0']],
  ])('of %j for a run', (budget, lines) => {
    expect(overrunsOfRun(budget, { measured })).toEqual(lines);
  });

  it('counts broken downloads among the connections, and answers with an error as answered', () => {
    const breakages = { broken: 1, brokenDownloads: 1, breakagesByReason: { timeout: 2 } };
    const run = { measured: { ...measured, ...breakages, failuresByReason: { 'status-503': 2 } } };
    expect(overrunsOfRun({ broken: 1, unanswered: 0 }, run)).toEqual([
      '2 broken connections (2 timeout; 1 of them downloads), at most 1',
    ]);
  });

  it('for all runs is on the 95th percentile', () => {
    const spread = spreadOf([1, 2, 30]);
    const statistics = {
      ...{ outageMs: spread, recoveryMs: spread, longestGapMs: spread, latencyP99Ms: spread },
      ...{ failed: 0, slow: 0, broken: 0, brokenDownloads: 0, sent: 1 },
    };
    expect(overrunsOf({ outageP95Ms: 30, latencyP99Ms: 30, recoveryP95Ms: 30 }, statistics)).toEqual([]);
    expect(overrunsOf({ outageP95Ms: 29.9 }, statistics)).toEqual(['30 ms of outage (p95), at most 29.9']);
    expect(overrunsOf({ recoveryP95Ms: 1, latencyP99Ms: 1 }, statistics)).toHaveLength(2);
  });
});
