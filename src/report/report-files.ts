import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillReport } from '../drill/drill-report.js';
import { reportPage } from './html.js';
import { junitXml } from './junit.js';
import { markdownSummary } from './markdown.js';
import { parityMarkdown, parityPage, type ParityReport } from './parity.js';

/**
 * Writes the report in every form that there is. Each file is replaced as a whole, so that no reader sees half of one.
 * @returns the paths of the files
 */
export function writeReport(folder: string, report: DrillReport): Promise<string[]> {
  return writeFiles(folder, {
    'report.json': `${JSON.stringify(report)}\n`,
    'report.html': reportPage(report),
    'report.md': markdownSummary(report),
    'junit.xml': junitXml(report),
  });
}

/** The same for what two reports come to side by side. */
export function writeParity(folder: string, report: ParityReport): Promise<string[]> {
  return writeFiles(folder, { 'parity.html': parityPage(report), 'parity.md': parityMarkdown(report) });
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.new`), content);
    await rename(join(folder, `${name}.new`), join(folder, name));
  }
  return Object.keys(files).map((name) => join(folder, name));
}
