/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { openBrowser } from '../support/browser/browser.js';
import { RunningLab } from '../support/running-lab.js';

/* The page as a person sees it, in a browser on the LAN. */

let running: RunningLab;
let browser: Browser;

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-page', network: '192.168.93', portOffset: 600 });
  browser = await openBrowser(running.cluster);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await running?.stop();
}, 60_000);

async function openPage(): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
  const page = await browser.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(running.urlOf('frontend', '/'), { waitUntil: 'load' });
  return { page, requests, complaints };
}

/** What the strip shows, cell by cell, such as `['01', '02']`: the frontend above, the backend below. */
function cellsOf(page: Page): Promise<string[][]> {
  return page.$$eval('#strip .cell', (cells) =>
    cells.map((cell) => [...cell.children].map((part) => part.textContent ?? '')),
  );
}

describe('the page', () => {
  test('names who answered, and asks again every second, without any outside asset', async () => {
    const { page, requests, complaints } = await openPage();
    await page.waitForFunction(() => document.querySelectorAll('#strip .cell').length >= 4, { timeout: 15_000 });
    const cells = (await cellsOf(page)).flat();
    expect(new Set(cells)).toEqual(new Set(['01', '02']));
    expect(await page.$eval('#frontend', (it) => it.textContent)).toMatch(/^frontend-0[12]$/);
    expect(await page.$eval('#status', (it) => it.textContent)).toBe('Both tiers answer.');
    expect(new Set(requests.map((url) => new URL(url).host))).toEqual(new Set(['192.168.93.10']));
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('fits a phone', async () => {
    const { page } = await openPage();
    await page.waitForSelector('#strip .cell');
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(content).toBeLessThanOrEqual(screen!);
    await page.close();
  }, 60_000);

  test('goes on while a node is stopped, and shows that the other one answers alone', async () => {
    const { page } = await openPage();
    await running.lab.stopNode('frontend-01');
    try {
      await page.waitForFunction(
        () => {
          const above = [...document.querySelectorAll('#strip .cell b')].map((it) => it.textContent);
          return above.length >= 5 && above.slice(-4).every((name) => name === '02');
        },
        { timeout: 30_000 },
      );
      expect(await page.$eval('#failures', (it) => it.textContent?.trim())).toBe('None since this page was opened');
    } finally {
      await running.lab.startNode('frontend-01');
    }
    await running.untilHealthy();
    await page.waitForFunction(
      () => [...document.querySelectorAll('#strip .cell b')].slice(-3).some((it) => it.textContent === '01'),
      { timeout: 30_000 },
    );
    await page.close();
  }, 120_000);

  test('says it when no backend answers, and when one does again', async () => {
    const { page } = await openPage();
    const backends = ['backend-01', 'backend-02'];
    await Promise.all(backends.map((node) => running.lab.stopService(node, 'app')));
    try {
      await page.waitForFunction(() => document.querySelector('#status')?.className === 'failing', { timeout: 30_000 });
      expect(await page.$eval('#backend', (it) => it.textContent)).toBe('none');
      expect(await page.$eval('#failures li', (it) => it.textContent)).toContain('backend tier');
    } finally {
      await Promise.all(backends.map((node) => running.lab.startService(node, 'app')));
    }
    await running.untilHealthy();
    await page.waitForFunction(
      () => document.querySelector('#failures li')?.textContent?.includes('answers again after'),
      {
        timeout: 30_000,
      },
    );
    await page.close();
  }, 120_000);
});
