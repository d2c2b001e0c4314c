import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DrillReport, REPORT_VERSION } from '../drill/drill-report.js';
import { markdownSummary } from '../report/markdown.js';
import { costsTable } from './costs-table.js';

/** The report whose figures the documentation has, in the project's folder. */
export const KEPT_REPORT = join('docs', 'results', 'backend.json');

/**
 * The tables of what was measured, by the names of their blocks, from the report that is kept.
 * @param folder the project's
 * @throws Error for a report that is missing, or of another version
 */
export async function resultsBlocks(folder: string): Promise<Map<string, string>> {
  const report = JSON.parse(await readFile(join(folder, KEPT_REPORT), 'utf8')) as DrillReport;
  const version: number = report.version;
  if (version !== REPORT_VERSION) throw new Error(`${KEPT_REPORT}: version: ${version} must be ${REPORT_VERSION}`);
  return new Map([
    ['results-backend', markdownSummary(report)],
    ['results-costs', costsTable(report)],
  ]);
}
