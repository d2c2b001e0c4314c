/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { reportPage } from '../../src/report/html.js';
import { sampleReport } from '../../src/report/testing/sample-report.js';
import { openBrowser } from '../support/browser/browser.js';

/* The drills' report as a person sees it: in a browser without a network. It needs no lab. */

const NAME = 'ha-demo-report';
const NETWORK = `${NAME}_lan`;
const RATE_PER_SECOND = 200;
/** Of the answers' failures, in the light theme. */
const RED = [192, 0, 32];

const docker = (...args: string[]) => promisify(execFile)('docker', args);

let browser: Browser;

beforeAll(async () => {
  // What an interrupted test has left behind.
  await docker('network', 'rm', NETWORK).catch(() => {});
  await docker('network', 'create', '--internal', NETWORK);
  browser = await openBrowser({ name: NAME });
}, 300_000);

afterAll(async () => {
  await browser?.close();
  // The browser's container takes a moment to leave it.
  await waitUntilNothingIsMissing(
    'no network left',
    () =>
      docker('network', 'rm', NETWORK).then(
        () => [],
        (error: Error) => [error.message],
      ),
    { deadlineMs: 30_000 },
  );
}, 60_000);

async function openReport(): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
  const page = await browser.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.setContent(reportPage(sampleReport(RATE_PER_SECOND)), { waitUntil: 'load' });
  return { page, requests, complaints };
}

/** Scrolls a drill's chart into view and waits until it is drawn. */
async function chartOf(page: Page, drill: number): Promise<string> {
  const chart = `#drill-${drill} .chart`;
  await page.$eval(chart, (it) => it.scrollIntoView());
  await page.waitForFunction((selector) => document.querySelectorAll(`${selector} canvas`).length === 2, {}, chart);
  return chart;
}

/** How many pixels of the answers' canvas have this colour. */
function pixelsOf(page: Page, chart: string, colour: number[]): Promise<number> {
  return page.$eval(
    `${chart} canvas`,
    (canvas, [red, green, blue]) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let pixels = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255) pixels += 1;
      return pixels;
    },
    colour,
  );
}

/** Both canvases, as drawn. */
function picturesOf(page: Page, chart: string): Promise<string[]> {
  return page.$$eval(`${chart} canvas`, (canvases) => canvases.map((canvas) => canvas.toDataURL()));
}

describe('the report of the drills', () => {
  test('draws the chart of every drill that was run, and asks the network for nothing', async () => {
    const { page, requests, complaints } = await openReport();
    const drills = await page.$$eval('.timeline', (figures) => figures.length);
    expect(drills).toBe(8);
    for (let drill = 1; drill <= drills; drill += 1) await chartOf(page, drill);
    expect(requests).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('shows failures in a red of their own', async () => {
    const { page } = await openReport();
    expect(await pixelsOf(page, await chartOf(page, 4), RED)).toBeGreaterThan(500);
    // stop-app, tuned: nothing failed.
    expect(await pixelsOf(page, await chartOf(page, 5), RED)).toBe(0);
    await page.close();
  }, 60_000);

  test('names who answered, and the states that never changed', async () => {
    const { page } = await openReport();
    await chartOf(page, 1);
    const legend = await page.$$eval('#drill-1 .timeline .legend li', (items) => items.map((it) => it.textContent));
    expect(legend).toEqual([
      expect.stringMatching(/^frontend-01: [\d,]+ answers$/),
      expect.stringMatching(/^frontend-02: [\d,]+ answers$/),
      '12 failed, by how long the client waited',
      'All the time: frontend-02 sees frontend-02 UP, backend-01 sees backend-01 UP',
    ]);
    await page.close();
  }, 60_000);

  test('shows the fault from near in both charts, and the whole run again', async () => {
    const { page } = await openReport();
    const chart = await chartOf(page, 1);
    const whole = await picturesOf(page, chart);
    const press = async (name: string) => {
      await page.$$eval(
        '#drill-1 .views button',
        (buttons, wanted) => buttons.find(({ textContent }) => textContent === wanted)!.click(),
        name,
      );
      // uPlot draws in a microtask.
      return picturesOf(page, chart);
    };
    const near = await press('Fault');
    expect(near[0]).not.toBe(whole[0]);
    expect(near[1]).not.toBe(whole[1]);
    expect(await press('Whole run')).toEqual(whole);
    await page.close();
  }, 60_000);

  test('is printed in light colours, every chart of it, by a reader with a dark screen', async () => {
    const { page } = await openReport();
    const chart = await chartOf(page, 4);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    // The page hears of it with the next frame.
    await waitUntilNothingIsMissing(
      'a chart in dark colours',
      async () => ((await pixelsOf(page, chart, RED)) === 0 ? [] : ['the red of the light ones']),
      { deadlineMs: 10_000, intervalMs: 50 },
    );
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await page.$$eval('.chart canvas', (canvases) => canvases.length)).toBe(16);
    expect(await pixelsOf(page, chart, RED)).toBeGreaterThan(500);
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await pixelsOf(page, chart, RED)).toBe(0);
    await page.close();
  }, 60_000);

  test('has rows of one line where the runs are told, in a window of 1200 pixels', async () => {
    const { page } = await openReport();
    await page.setViewport({ width: 1200, height: 900 });
    const tables = await page.$$eval('section .wide', (parts) =>
      parts.map((part) => ({
        beyondThePagePx: part.scrollWidth - part.clientWidth,
        tallestRowPx: Math.max(...[...part.querySelectorAll('tbody tr')].map((row) => row.clientHeight)),
      })),
    );
    expect(tables).toHaveLength(8);
    for (const { beyondThePagePx, tallestRowPx } of tables) {
      expect(beyondThePagePx).toBe(0);
      expect(tallestRowPx).toBeLessThan(40);
    }
    await page.close();
  }, 60_000);

  test('fits a phone', async () => {
    const { page } = await openReport();
    await chartOf(page, 1);
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(content).toBeLessThanOrEqual(screen!);
    await page.close();
  }, 60_000);
});
