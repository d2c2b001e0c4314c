import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { METRIC_NAMES, metricNamed } from './metrics.js';

it.each(METRIC_NAMES)('docs/report.md says what %s means', async (name) => {
  const reference = await readFile(new URL('../../docs/report.md', import.meta.url), 'utf8');
  const row = reference.split('\n').find((line) => line.startsWith(`| \`${name}\` `));
  expect(row?.split('|').at(2)?.trim()).toBe(metricNamed(name).meaning);
});

it('docs/report.md says which metrics a drill has of all its runs', async () => {
  const reference = await readFile(new URL('../../docs/report.md', import.meta.url), 'utf8');
  const [, statistics = ''] = reference.split('### Statistics');
  const named = [...statistics.split('###')[0]!.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(named).toEqual(expect.arrayContaining(METRIC_NAMES.filter((name) => metricNamed(name).ofRuns)));
});
