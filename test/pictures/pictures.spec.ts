/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { KEPT_REPORT } from '../../src/docs/results.js';
import type { DrillReport } from '../../src/drill/drill-report.js';
import { reportPage } from '../../src/report/html.js';
import { openBrowser } from '../support/browser/browser.js';
import { haDemo } from '../support/cli.js';
import { RunningLab } from '../support/running-lab.js';
import { projectFolder } from '../support/workspace.js';
import { terminalSvg } from './terminal-svg.js';

/* Makes the pictures of the documentation, of a lab that runs: `./ha-demo test --selectProjects pictures`. */

const PICTURES = join(projectFolder, 'docs', 'pictures');
const SHARP = 2;
const MARGIN_PX = 12;

let running: RunningLab;
let browser: Browser;

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-pictures', network: '192.168.84', portOffset: 1300 });
  browser = await openBrowser(running.cluster);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await running?.stop();
}, 60_000);

async function openPage(width: number, height: number): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport({ width, height, deviceScaleFactor: SHARP });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  return page;
}

/** Of the window, or of what an element covers and a margin. */
async function screenshot(page: Page, name: string, selector?: string): Promise<void> {
  // What is beyond the window is drawn without a scroll bar, and so in another place.
  await page.addStyleTag({ content: 'html { scrollbar-width: none; }' });
  const clip =
    selector &&
    (await page.$eval(
      selector,
      (element, margin) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return {
          x: x + scrollX - margin,
          y: y + scrollY - margin,
          width: width + 2 * margin,
          height: height + 2 * margin,
        };
      },
      MARGIN_PX,
    ));
  await writeFile(join(PICTURES, name), await page.screenshot({ type: 'png', ...(clip && { clip }) }));
}

describe('the pictures', () => {
  test('the page of the lab, while one frontend is off', async () => {
    const page = await openPage(860, 560);
    await page.goto(running.urlOf('frontend', '/'), { waitUntil: 'load' });
    const answers = (least: number) =>
      page.waitForFunction(
        (count) => document.querySelectorAll('#strip .cell').length >= count,
        { timeout: 90_000 },
        least,
      );
    await answers(20);
    await running.lab.killNode('frontend-01');
    try {
      await answers(36);
      await screenshot(page, 'page.png');
    } finally {
      await running.lab.startNode('frontend-01');
    }
    await running.untilHealthy();
    await page.close();
  }, 180_000);

  test('status, while two nodes hold the virtual IP', async () => {
    await running.lab.killService('frontend-01', 'keepalived');
    try {
      await running.untilHeldBy('frontend', 'frontend-02', { alone: false });
      const { stdout } = await haDemo(running.workspace, ['status'], { colours: true });
      expect(stdout).toContain('frontend-02');
      const asUsual = stdout.replaceAll(running.cluster.name, 'ha-demo').replaceAll('192.168.84.', '192.168.99.');
      await writeFile(join(PICTURES, 'status.svg'), terminalSvg(asUsual));
    } finally {
      await running.lab.startService('frontend-01', 'keepalived');
    }
    await running.untilHealthy();
  }, 120_000);

  test('check, of a weight that is too small', async () => {
    const folder = join(projectFolder, 'src/check/testing/clusters/01-weight-below-gap');
    const { stdout } = await haDemo(running.workspace, ['check', folder], { colours: true });
    expect(stdout).toContain('nobody moves, for ever');
    await writeFile(join(PICTURES, 'check.svg'), terminalSvg(stdout.replaceAll(folder, 'my-cluster')));
  });

  test('try, of the same pair', async () => {
    const folder = join(projectFolder, 'src/check/testing/clusters/01-weight-below-gap');
    const drills = ['kill-haproxy', 'stop-keepalived', 'power-off-node', 'kill-server'];
    const { exitCode, stdout } = await haDemo(running.workspace, ['try', folder, '--drill', ...drills], {
      colours: true,
    });
    expect(exitCode).toBe(0);
    await writeFile(join(PICTURES, 'try.svg'), terminalSvg(stdout.replaceAll(folder, 'my-cluster')));
  }, 180_000);

  test('all runs of the report whose figures the documentation has', async () => {
    const report = JSON.parse(await readFile(join(projectFolder, KEPT_REPORT), 'utf8')) as DrillReport;
    const page = await openPage(1280, 900);
    await page.setContent(reportPage(report), { waitUntil: 'load' });
    await screenshot(page, 'results.png', 'figure:has(.overview)');
    await page.close();
  }, 60_000);

  test('the chart of a killed HAProxy, classic beside tuned', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pictures-'));
    try {
      const { exitCode, stderr } = await haDemo(running.workspace, [
        ...['drill', 'kill-haproxy', '--tier', 'backend', '--profile', 'classic,tuned', '--out', folder],
      ]);
      expect([exitCode, stderr]).toEqual([0, stderr]);
      const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as DrillReport;
      // The change of the profile has taken the lab down, and the browser with it.
      browser = await openBrowser(running.cluster);
      for (const profile of ['classic', 'tuned']) {
        const drills = report.drills.filter((drill) => drill.profile === profile);
        const page = await openPage(1280, 900);
        await page.setContent(reportPage({ ...report, drills }), { waitUntil: 'load' });
        await page.waitForFunction(() => document.querySelectorAll('.timeline .chart canvas').length >= 2);
        await screenshot(page, `kill-haproxy-${profile}.png`, '.timeline');
        await page.close();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 600_000);
});
