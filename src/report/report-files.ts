import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillReport } from '../drill/drill-report.js';
import { reportPage } from './html.js';
import { junitXml } from './junit.js';
import { markdownSummary } from './markdown.js';

/**
 * Writes the report in every form that there is. Each file is replaced as a whole, so that no reader sees half of one.
 * @returns the paths of the files
 */
export async function writeReport(folder: string, report: DrillReport): Promise<string[]> {
  const files = {
    'report.json': `${JSON.stringify(report)}\n`,
    'report.html': reportPage(report),
    'report.md': markdownSummary(report),
    'junit.xml': junitXml(report),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.new`), content);
    await rename(join(folder, `${name}.new`), join(folder, name));
  }
  return Object.keys(files).map((name) => join(folder, name));
}
