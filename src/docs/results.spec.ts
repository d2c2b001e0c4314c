import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sampleReport } from '../report/testing/sample-report.js';
import { KEPT_REPORT, resultsBlocks } from './results.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'results-'));
  await mkdir(join(folder, 'docs', 'results'), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

it('refuses a report of another version, by its name', async () => {
  await writeFile(join(folder, KEPT_REPORT), JSON.stringify({ ...sampleReport(), version: 0 }));
  await expect(resultsBlocks(folder)).rejects.toThrow('docs/results/backend.json: version: 0 must be 1');
});

it('names a report that is missing', async () => {
  await expect(resultsBlocks(folder)).rejects.toThrow('docs/results/backend.json');
});
