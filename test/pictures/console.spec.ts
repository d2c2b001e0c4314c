/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import type { SessionEvent } from '../../src/session/session-event.js';
import { openBrowser } from '../support/browser/browser.js';
import { RunningConsole } from '../support/browser/running-console.js';
import { RunningLab } from '../support/running-lab.js';
import { projectFolder } from '../support/workspace.js';
import { animatedWebp } from './animated-webp.js';

/* The picture of the console: a failover that has happened, replayed. `./ha-demo test --selectProjects pictures -t console`. */

const NAME = 'ha-demo-pictures';
const CONSOLE = ['console', '--port', '18098'];
const SIZE = { width: 1180, height: 720 };
const QUALITY = 65;
/** What the charts show of the past. */
const CALM_MS = 31_000;
/** Around each thing that happens, in ms, and how long each is shown. */
const MOMENTS = [
  [-600, 800],
  [40, 600],
  [400, 600],
  [1_000, 600],
];

let running: RunningLab;
let browser: Browser;

beforeAll(async () => {
  running = await RunningLab.start({ name: NAME, network: '192.168.84', portOffset: 1300 });
  browser = await openBrowser({ name: NAME }, 'host');
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await running?.stop();
}, 60_000);

async function open(link: string): Promise<Page> {
  const page = await browser.newPage();
  // For a style of our own, see below.
  await page.setBypassCSP(true);
  await page.setViewport(SIZE);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.goto(link, { waitUntil: 'load' });
  await page.waitForSelector('.badge', { timeout: 30_000 });
  return page;
}

/** A master loses its HAProxy, and gets it back. @returns the recording */
async function failover(file: string): Promise<string> {
  const console = await RunningConsole.start(running.workspace, [...CONSOLE, '--record', file]);
  const page = await open(console.link);
  const press = async (selector: string) => (await page.waitForSelector(selector, { timeout: 30_000 }))!.click();
  const untilSeen = (selector: string) => page.waitForSelector(selector, { timeout: 30_000 });
  await page.waitForFunction(() => document.querySelectorAll('.flow').length >= 2, { timeout: 30_000 });
  // What the start of the lab has cost is not in the picture.
  await page.waitForFunction(
    (calmMs) => {
      const page = globalThis as { calmSinceMs?: number };
      const isHurt = [...document.querySelectorAll('.now .bad dt')].some((it) => /failed|broken/.test(it.textContent));
      if (isHurt) page.calmSinceMs = performance.now();
      page.calmSinceMs ??= performance.now();
      return performance.now() - page.calmSinceMs > calmMs;
    },
    { timeout: 120_000, polling: 200 },
    CALM_MS,
  );
  await press('[data-node="frontend-01"]');
  await press('[data-fault="kill-haproxy"]');
  await press('button.break:enabled');
  await untilSeen('.badge[data-holders="frontend-02"]');
  await untilSeen('.service.down[data-service="haproxy"]');
  await press('button.heal:enabled');
  await untilSeen('.badge[data-holders="frontend-01"]');
  await page.waitForFunction(() => document.querySelector('.log ol')?.textContent?.includes('is mended'), {
    timeout: 30_000,
  });
  await console.stop();
  await page.close();
  return readFile(file, 'utf8');
}

test('console', async () => {
  const file = join(running.workspace.files.folder, 'failover.jsonl');
  const text = (await failover(file)).replaceAll(NAME, 'ha-demo').replaceAll('192.168.84.', '192.168.99.');
  await writeFile(file, text);
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SessionEvent);
  const phaseMs = (wanted: string) => events.find((event) => event.event === 'phase' && event.phase === wanted)!.atMs;
  const console = await RunningConsole.start(running.workspace, [...CONSOLE, '--replay', file]);
  const page = await open(console.link);
  // Of a replay, what is live looks the same.
  await page
    .addStyleTag({ content: '.replay[aria-label] { display: none; } html { scrollbar-width: none; }' })
    .catch(() => {});
  const frames = [];
  const becameMasterMs = (node: string) =>
    events.find((event) => event.event === 'vrrp' && event.node === node && event.state === 'MASTER')!.atMs;
  const moments = [phaseMs('fault'), becameMasterMs('frontend-02'), phaseMs('heal'), becameMasterMs('frontend-01')]
    .flatMap((happenedMs) => MOMENTS.map(([afterMs, shownMs]) => ({ ms: happenedMs + afterMs!, shownMs: shownMs! })))
    .toSorted((one, other) => one.ms - other.ms);
  for (const { ms, shownMs } of moments) {
    await page.$eval(
      '.bar input',
      (bar, moment) => ((bar.value = String(moment)), bar.dispatchEvent(new Event('input', { bubbles: true }))),
      ms,
    );
    // The badge is on its way, and the chart is drawn with the next frame.
    await page.evaluate(async () => {
      const ending = document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations === 1);
      await Promise.allSettled(ending.map(({ finished }) => finished));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    const webp = await page.screenshot({ type: 'webp', quality: QUALITY });
    frames.push({ webp: Buffer.from(webp), shownMs });
  }
  await writeFile(
    join(projectFolder, 'docs', 'pictures', 'console.webp'),
    animatedWebp(frames, SIZE.width, SIZE.height),
  );
  await console.stop();
}, 300_000);
