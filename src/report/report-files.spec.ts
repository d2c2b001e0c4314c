import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeReport } from './report-files.js';
import { sampleReport } from './testing/sample-report.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('writeReport', () => {
  it('writes the report in all its forms into a new folder, and says where', async () => {
    const target = join(folder, 'some', 'where');
    const paths = await writeReport(target, sampleReport());
    expect(paths).toEqual(['report.json', 'report.html', 'report.md', 'junit.xml'].map((name) => join(target, name)));
    expect((await readdir(target)).toSorted()).toEqual(['junit.xml', 'report.html', 'report.json', 'report.md']);
    const [json, html, markdown, xml] = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    expect(JSON.parse(json!)).toEqual(sampleReport());
    expect(html).toMatch(/^<!doctype html>/);
    expect(markdown).toMatch(/^\| fault /);
    expect(xml).toMatch(/^<\?xml /);
  });

  it('puts whole new files in place of old ones, so that a reader has either', async () => {
    const [json] = await writeReport(folder, sampleReport());
    await using reader = await open(json!);
    await writeReport(folder, { ...sampleReport(), seed: 7 });
    expect(JSON.parse(await reader.readFile('utf8'))).toMatchObject({ seed: 42 });
    expect(JSON.parse(await readFile(json!, 'utf8'))).toMatchObject({ seed: 7 });
  });
});
