/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import type { NodeSeen, SessionEvent } from '../../src/session/session-event.js';
import { openBrowser } from '../support/browser/browser.js';
import { haDemo } from '../support/cli.js';
import { RunningConsole } from '../support/browser/running-console.js';
import { RunningLab } from '../support/running-lab.js';

/* The console as people use it: a real lab, a real browser on this machine, and what both do to each other. */

const NAME = 'ha-demo-console';
const PORT = 18_099;
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let running: RunningLab;
let browser: Browser;
let consoles: RunningConsole[] = [];

beforeAll(async () => {
  running = await RunningLab.start({ name: NAME, network: '192.168.80', portOffset: 1700 });
  browser = await openBrowser({ name: NAME }, 'host');
}, 300_000);

afterEach(async () => {
  for (const page of await browser.pages()) await page.close();
  for (const each of consoles) await each.stop();
  consoles = [];
});

afterAll(async () => {
  await browser?.close();
  await running?.stop();
}, 60_000);

async function startConsole(...args: string[]): Promise<RunningConsole> {
  const port = args.includes('--port') ? [] : ['--port', `${PORT}`];
  const started = await RunningConsole.start(running.workspace, ['console', ...port, ...args]);
  consoles.push(started);
  return started;
}

interface OpenPage {
  page: Page;
  complaints: string[];
  /** Addresses that were asked for. */
  hosts: Set<string>;
}

async function openPage(link: string, width = 1440, height = 900): Promise<OpenPage> {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto(link, { waitUntil: 'load' });
  await page.waitForSelector('.badge', { timeout: 30_000 });
  return { page, complaints, hosts };
}

const untilHeldBy = (page: Page, tier: string, node: string) =>
  page.waitForSelector(`.badge[data-tier="${tier}"][data-holders="${node}"]`, { timeout: 30_000 });

const untilSteady = (page: Page) =>
  page.waitForFunction(() => document.querySelector('.health')?.textContent === '✔ steady state', { timeout: 60_000 });

const untilLogged = (page: Page, text: string) =>
  page.waitForFunction(
    (wanted) => document.querySelector('.log ol')?.textContent?.includes(wanted),
    { timeout: 60_000 },
    text,
  );

const logOf = (page: Page) =>
  page.$$eval('.log li', (lines) => lines.map((line) => line.textContent.replace(/^[\d:.]+ \S /, '')));

async function choose(page: Page, node: string, fault: string): Promise<void> {
  await page.click(`[data-node="${node}"]`);
  await (await page.waitForSelector(`[data-fault="${fault}"]`))!.click();
}

async function openRecording(): Promise<string> {
  const folder = join(running.workspace.files.folder, '.ha-demo/recordings');
  return join(folder, (await readdir(folder)).toSorted().at(-1)!);
}

describe('the console of a running lab', () => {
  test('shows who holds what, and asks nobody else for anything', async () => {
    const { page, complaints, hosts } = await openPage((await startConsole()).link);
    await untilSteady(page);
    await untilHeldBy(page, 'frontend', 'frontend-01');
    await untilHeldBy(page, 'backend', 'backend-01');
    await page.waitForFunction(() => document.querySelectorAll('.flow').length >= 2, { timeout: 30_000 });
    await page.click('.table summary');
    expect(
      await page.$$eval('.table tbody tr', (rows) =>
        rows.map((row) => [...row.children].map((cell) => cell.textContent)),
      ),
    ).toEqual([
      ['frontend-01', 'MASTER', '192.168.80.10', 'up', 'up', 'up', 'in', expect.stringMatching(/^\d+$/)],
      ['frontend-02', 'BACKUP', '-', 'up', 'up', 'up', 'in', expect.stringMatching(/^\d+$/)],
      ['backend-01', 'MASTER', '192.168.80.20', 'up', 'up', 'up', 'in', expect.stringMatching(/^\d+$/)],
      ['backend-02', 'BACKUP', '-', 'up', 'up', 'up', 'in', expect.stringMatching(/^\d+$/)],
    ]);
    expect(page.url()).toBe(`http://127.0.0.1:${PORT}/`);
    expect([...hosts]).toEqual([`127.0.0.1:${PORT}`]);
    expect(complaints).toEqual([]);
  }, 120_000);

  test('breaks what is clicked: the virtual IP moves, the outage is shown beside what was predicted, and heal mends it', async () => {
    const { page } = await openPage((await startConsole()).link);
    await untilSteady(page);
    await choose(page, 'frontend-01', 'kill-haproxy');
    expect(await page.$eval('.chosen-fault', (it) => it.textContent)).toMatch(/Predicted outage: [\d.]+ ms/);
    await page.click('button.break');
    await untilHeldBy(page, 'frontend', 'frontend-02');
    await page.waitForSelector('[data-node="frontend-01"] .service.down[data-service="haproxy"]', { timeout: 30_000 });
    expect(await page.$eval('[data-node="frontend-01"] .fault', (it) => it.textContent)).toBe('⚡ kill-haproxy');
    expect(await running.holders('frontend')).toEqual(['frontend-02']);
    await page.click('button.heal');
    await untilLogged(page, 'is mended');
    await untilHeldBy(page, 'frontend', 'frontend-01');
    await untilSteady(page);
    const log = await logOf(page);
    expect(log).toContainEqual(expect.stringMatching(/^frontend-02 became MASTER, [\d.]+ ms after the fault$/));
    const mended = log.find((line) => line.includes('is mended'))!;
    expect(mended).toMatch(/; predicted: [\d.]+ ms; measured: (no outage|outage of [\d.]+ ms, \d+ requests? failed)$/);
    const [, measured] = /measured: outage of ([\d.]+ ms)/.exec(mended) ?? [];
    if (measured !== undefined)
      expect(await page.$eval('.last-outage .fault', (it) => it.textContent)).toContain(`measured ${measured}`);
  }, 180_000);

  test('runs a drill, whose outage on the page is that of its report', async () => {
    const { page } = await openPage((await startConsole()).link);
    await untilSteady(page);
    await choose(page, 'frontend-01', 'partition-node');
    await page.$eval(
      '.runs input',
      (it) => ((it.value = '1'), it.dispatchEvent(new Event('input', { bubbles: true }))),
    );
    await page.click('button.drill');
    const href = await (await page.waitForSelector('header a', { timeout: 90_000 }))!.evaluate((it) => it.href);
    await untilSteady(page);
    const log = await logOf(page);
    const [, drilled] = /: partition-node on frontend-01: outage ([\d.]+ ms),/.exec(log.join('\n')) ?? [];
    // The longest one between fault and heal is the drill's figure.
    const fault = log.findIndex((line) => line.startsWith('partition-node on frontend-01'));
    const heal = log.findIndex((line) => line.startsWith('heal of'));
    const shown = log.slice(heal, fault).flatMap((line) => /^outage of ([\d.]+ ms)/.exec(line)?.[1] ?? []);
    expect(shown).toContain(drilled);
    const report = await browser.newPage();
    const complaints: string[] = [];
    report.on('pageerror', (error) => complaints.push(String(error)));
    await report.goto(href, { waitUntil: 'load' });
    expect(await report.$eval('h1', (it) => it.textContent)).toContain(NAME);
    expect(complaints).toEqual([]);
  }, 180_000);

  test('can be used with the keyboard alone', async () => {
    const { page } = await openPage((await startConsole()).link);
    await untilSteady(page);
    await page.waitForSelector('[data-fault="kill-app"]');
    const tabTo = async (selector: string) => {
      for (let step = 0; step < 120; step += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      }
      throw new Error(`no Tab leads to ${selector}`);
    };
    await tabTo('[data-node="frontend-02"]');
    await page.keyboard.press('Enter');
    await tabTo('[data-fault="kill-app"]');
    await page.keyboard.press('Space');
    await tabTo('button.break');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-node="frontend-02"] .service.down[data-service="app"]', { timeout: 30_000 });
    await tabTo('button.heal');
    await page.keyboard.press('Enter');
    await untilLogged(page, 'kill-app on frontend-02 is mended');
    await untilSteady(page);
  }, 180_000);

  test.each([
    ['light', 1440, 900],
    ['dark', 844, 390],
  ])(
    'has nothing that axe calls serious, in %s at %d x %d, and does not need to be scrolled sideways',
    async (scheme, width, height) => {
      const { page } = await openPage((await startConsole()).link, width, height);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await untilSteady(page);
      await choose(page, 'frontend-01', 'lossy-link');
      await page.evaluate(AXE);
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } };
        return (await axe.run()).violations.map(({ id, impact, nodes }) => ({
          id,
          impact,
          at: nodes.map(({ html }) => html),
        }));
      });
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(content).toBeLessThanOrEqual(screen!);
    },
    120_000,
  );

  test('is painted within a second, and nothing jumps when data arrive', async () => {
    const { link } = await startConsole();
    const page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 900 });
    await page.evaluateOnNewDocument(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(link, { waitUntil: 'load' });
    await untilSteady(page);
    await page.waitForFunction(() => document.querySelectorAll('.flow').length >= 2, { timeout: 30_000 });
    const paintMs = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime);
    const shift = await page.evaluate(() =>
      (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, one) => sum + one, 0),
    );
    expect(paintMs).toBeLessThan(1_000);
    // Below 0.1 is what browsers call good.
    expect(shift).toBeLessThan(0.1);
  }, 120_000);
});

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

describe('a console that ends', () => {
  test('mends what is broken, and says how to replay it', async () => {
    const started = await startConsole();
    const { page } = await openPage(started.link);
    await untilSteady(page);
    await choose(page, 'backend-01', 'kill-app');
    await page.click('button.break');
    await page.waitForSelector('[data-node="backend-01"] .service.down', { timeout: 30_000 });
    const { exitCode, stdout } = await started.stop();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\nRecorded: \.\/ha-demo console --replay \S+\.jsonl\n$/);
    await running.untilHealthy();
    const { stdout: left } = await haDemo(running.workspace, ['heal']);
    expect(left).toBe('No drill has left anything behind.\n');
  }, 120_000);

  test('in the middle of a fault leaves a journal: another console sees it, and mends it', async () => {
    const killed = await startConsole();
    const { page } = await openPage(killed.link);
    await untilSteady(page);
    await choose(page, 'backend-02', 'kill-app');
    await page.click('button.break');
    await page.waitForSelector('[data-node="backend-02"] .service.down', { timeout: 30_000 });
    await killed.kill();
    consoles = [];
    const { page: next } = await openPage((await startConsole()).link);
    await untilLogged(next, 'kill-app on backend-02 stands, caused elsewhere and left');
    await (await next.waitForSelector('button.heal:enabled'))!.click();
    await untilSteady(next);
    await running.untilHealthy();
    // The page of the killed one has gone on with the one that followed.
    await page.bringToFront();
    await untilSteady(page);
  }, 180_000);

  test('two at once see what the other has broken', async () => {
    const [one, other] = [await startConsole(), await startConsole('--port', `${PORT + 1}`)];
    const [{ page }, { page: second }] = [await openPage(one.link), await openPage(other.link)];
    // A page behind another one is drawn rarely.
    await page.bringToFront();
    await untilSteady(page);
    await choose(page, 'backend-02', 'kill-app');
    await page.click('button.break');
    await second.bringToFront();
    await untilLogged(second, 'kill-app on backend-02 stands, caused elsewhere');
    await second.waitForSelector('button.heal:disabled');
    await page.bringToFront();
    await page.click('button.heal');
    await untilSteady(page);
  }, 180_000);
});

describe('a recording', () => {
  test('is replayed, and exported, as it was', async () => {
    const { page, hosts } = await openPage((await startConsole()).link);
    await untilSteady(page);
    await choose(page, 'frontend-01', 'power-off-node');
    await page.click('button.break');
    await untilHeldBy(page, 'frontend', 'frontend-02');
    await page.click('button.heal');
    await untilLogged(page, 'is mended');
    await untilSteady(page);
    const live = await logOf(page);
    await consoles.pop()!.stop();
    const file = await openRecording();

    const { page: replay } = await openPage((await startConsole('--replay', file)).link);
    const toTheEnd = (it: Page) =>
      it.$eval(
        '.bar input',
        (bar) => ((bar.value = bar.max), bar.dispatchEvent(new Event('input', { bubbles: true }))),
      );
    await toTheEnd(replay);
    const replayed = await logOf(replay);
    // What was told after the page's last look at it may be in the recording, too.
    for (const line of live) expect(replayed).toContain(line);
    expect(await replay.$$('button.heal, .controls')).toEqual([]);

    const exported = join(running.workspace.files.folder, 'failover.html');
    const { stdout } = await haDemo(running.workspace, ['console', '--replay', file, '--export', exported]);
    expect(stdout).toBe(`${exported}\n`);
    const alone = await browser.newPage();
    const complaints: string[] = [];
    alone.on('console', (message) => complaints.push(message.text()));
    alone.on('pageerror', (error) => complaints.push(String(error)));
    const asked: string[] = [];
    alone.on('request', (request) => asked.push(request.url()));
    await alone.setContent(await readFile(exported, 'utf8'), { waitUntil: 'load' });
    await alone.waitForSelector('.bar input');
    await toTheEnd(alone);
    expect(await logOf(alone)).toEqual(replayed);
    expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    expect([...hosts]).toEqual([`127.0.0.1:${PORT}`]);
  }, 180_000);
});

/** Eight nodes a tier, with about everything that can be the matter. */
function largeRecording(): string {
  const names = (tier: string) => Array.from({ length: 8 }, (_, index) => `${tier}-0${index + 1}`);
  const tier = (name: 'frontend' | 'backend', virtualIp: string) => ({
    ...{ name, virtualIp },
    nodes: names(name).map((node, index) => ({ name: node, address: `10.0.0.${index + 1}` })),
  });
  const seen = (node: string, changes: Partial<NodeSeen> = {}): NodeSeen => ({
    ...{ node, power: 'on', link: 'up', vrrpState: 'BACKUP', vipsHeld: [], servers: [] },
    services: { app: 'up', haproxy: 'up', keepalived: 'up' },
    ...changes,
  });
  const master = (virtualIp: string): Partial<NodeSeen> => ({ vrrpState: 'MASTER', vipsHeld: [virtualIp] });
  const nodes = [...names('frontend'), ...names('backend')].map((node) => seen(node));
  nodes[0] = seen('frontend-01', master('10.0.0.100'));
  nodes[1] = seen('frontend-02', master('10.0.0.100'));
  nodes[2] = seen('frontend-03', { power: 'off' });
  nodes[3] = seen('frontend-04', { link: 'down', vrrpState: 'FAULT' });
  nodes[4] = seen('frontend-05', { services: { app: 'hung', haproxy: 'down', keepalived: 'up' } });
  const events: SessionEvent[] = [
    { event: 'stream-started', atMs: 0, version: 1, wallClockMs: 1_800_000_000_000 },
    {
      ...{ event: 'cluster', atMs: 1, name: 'large', lab: 'containers', profile: 'tuned' },
      tiers: [tier('frontend', '10.0.0.100'), tier('backend', '10.0.0.200')],
    },
    { event: 'nodes', atMs: 2, nodes, problems: ['frontend-03: is off'] },
  ];
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

describe('a large cluster', () => {
  test('has eight nodes a tier on one screen, and what is the matter in words', async () => {
    const file = join(running.workspace.files.folder, 'large.jsonl');
    await writeFile(file, largeRecording());
    const { page } = await openPage((await startConsole('--replay', file)).link);
    const boxes = await page.$$eval('.node .box', (them) =>
      them.map(
        (it) => it.getBoundingClientRect().toJSON() as { left: number; right: number; top: number; bottom: number },
      ),
    );
    expect(boxes).toHaveLength(16);
    for (const box of boxes) {
      expect(box.bottom).toBeLessThanOrEqual(900);
      const over = boxes.filter(
        (other) =>
          other !== box &&
          other.left < box.right &&
          box.left < other.right &&
          other.top < box.bottom &&
          box.top < other.bottom,
      );
      expect(over).toEqual([]);
    }
    const textOf = (node: string) => page.$eval(`[data-node="${node}"]`, (it) => it.textContent);
    expect(await textOf('frontend-03')).toContain('OFF');
    expect(await textOf('frontend-05')).toContain('‖ app');
    expect(await textOf('frontend-05')).toContain('✘ HAProxy');
    const words = await page.$eval('.topology', (it) => it.textContent);
    expect(words).toContain('10.0.0.100: 2 holders!');
    expect(words).toContain('10.0.0.200: nobody has it');
    expect(words).toContain('cut');
  }, 60_000);
});

describe('who may not', () => {
  test('break: a console that is read-only has no buttons, and refuses', async () => {
    const { page } = await openPage((await startConsole('--read-only')).link);
    expect(await page.$$('button.heal, .controls')).toEqual([]);
    const status = await page.evaluate(async () => {
      const headers = {
        'content-type': 'application/json',
        'x-console-token': document.documentElement.dataset['token']!,
      };
      return (await fetch('heal', { method: 'POST', headers, body: '{}' })).status;
    });
    expect(status).toBe(403);
  }, 120_000);

  test('break: a page of another site, with the cookie in the same browser', async () => {
    const { page } = await openPage((await startConsole()).link);
    await untilSteady(page);
    const foreign = await browser.newPage();
    // Another port of the same host is another origin, and the same site: cookies come along.
    await using _site = await siteAt(PORT + 7);
    await foreign.goto(`http://127.0.0.1:${PORT + 7}/`);
    const outcome = await foreign.evaluate(async (port) => {
      const body = JSON.stringify({ fault: 'kill-app', place: 'frontend-01' });
      const ask = (init: RequestInit) =>
        fetch(`http://127.0.0.1:${port}/break`, { method: 'POST', body, credentials: 'include', ...init }).then(
          ({ type, status }) => `${type} ${status}`,
          () => 'refused',
        );
      const json = { 'content-type': 'application/json' };
      return [await ask({ headers: json }), await ask({ mode: 'no-cors', headers: { 'content-type': 'text/plain' } })];
    }, PORT);
    expect(outcome).toEqual(['refused', 'refused']);
    expect(await page.$eval('.health', (it) => it.textContent)).toBe('✔ steady state');
    expect((await haDemo(running.workspace, ['heal'])).stdout).toBe('No drill has left anything behind.\n');
  }, 120_000);
});

/** A page of somebody else's on this host, until it is disposed of. */
async function siteAt(port: number): Promise<AsyncDisposable> {
  const site = createServer((_request, response) => response.end('<p>another site</p>')).listen(port, '127.0.0.1');
  await once(site, 'listening');
  return {
    [Symbol.asyncDispose]: async () => {
      site.closeAllConnections();
      await promisify(site.close.bind(site))();
    },
  };
}
