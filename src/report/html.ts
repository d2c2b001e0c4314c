import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Handlebars from 'handlebars';
import type { DrillReport } from '../drill/drill-report.js';
import { reportView } from './report-view.js';
import { scriptJson } from './script-json.js';

const read = (path: string | URL) => readFileSync(path, 'utf8');
const packageFile = createRequire(import.meta.url).resolve;

const template = Handlebars.compile(read(new URL('./report.hbs', import.meta.url)), { strict: true });

const CODE = {
  chartStyle: read(packageFile('uplot/dist/uPlot.min.css')),
  // What is for a sheet of paper comes last.
  pageStyle:
    read(new URL('./base.css', import.meta.url)) +
    read(new URL('./report-charts.css', import.meta.url)) +
    read(new URL('./report-page.css', import.meta.url)),
  chartCode: read(packageFile('uplot/dist/uPlot.iife.min.js')),
  pageCode: read(new URL('./report-page.js', import.meta.url)),
};

/** One file that needs no other: it can be mailed, kept as an artifact, opened without a network, and printed. */
export function reportPage(report: DrillReport): string {
  return template({ ...reportView(report), ...CODE, data: scriptJson(report) });
}
