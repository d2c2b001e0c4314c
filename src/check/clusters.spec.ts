import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { check } from './check.js';
import { readCluster } from './read-cluster.js';

/** What is expected of a cluster in testing/clusters. */
interface Expected {
  title: string;
  /** `at`: file:line, below the cluster's folder. */
  findings: { rule: string; severity: string; at: string[] }[];
  whatIf: { failure: string; on: string; newMaster: string; withinMs: [number, number] | null }[];
}

const FOLDER = join(import.meta.dirname, 'testing', 'clusters');

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const folder = join(FOLDER, name);
  const expected = parse(readFileSync(join(folder, 'expected.yaml'), 'utf8')) as Expected;

  it(`has the findings that it is to have, and no other: ${expected.title}`, async () => {
    const { findings, notUnderstood } = check(await readCluster([folder]));
    const found = findings.map(
      ({ rule, severity, position: { file, line } }) => `${severity} ${rule} ${file.slice(folder.length + 1)}:${line}`,
    );
    const wanted = expected.findings.flatMap(({ rule, severity, at }) =>
      at.map((place) => `${severity} ${rule} ${place}`),
    );
    expect(found.toSorted()).toEqual(wanted.toSorted());
    expect(notUnderstood).toEqual([]);
  });

  it.each(expected.whatIf)('$failure on $on: $newMaster', async ({ failure, on, newMaster, withinMs }) => {
    const rows = check(await readCluster([folder])).whatIf.filter((row) => row.failure === failure && row.on === on);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      if (['unchanged', 'nobody', 'nobody-moves'].includes(newMaster)) expect(row.outcome).toBe(newMaster);
      else expect(row.newMaster).toBe(newMaster);
      // Of two addresses one may have been there before.
      if (row.outcome !== 'moves') continue;
      expect(withinMs).not.toBeNull();
      row.withinMs!.forEach((ms, at) => {
        expect(Math.abs(ms - withinMs![at]!)).toBeLessThanOrEqual(0.1 * withinMs![at]!);
      });
    }
  });
});
