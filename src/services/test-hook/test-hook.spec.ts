import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createService } from '../create-service.js';
import { Draining } from '../health/draining.js';
import { FrontendSettings, ServiceSettings } from '../service-settings.js';
import { TestHook } from './test-hook.js';

const common = { port: 3000, warmUpMs: 0, drainMs: 0, closeTimeoutMs: 100 };
const BACKEND = Object.assign(new ServiceSettings(), common, { node: 'backend-01', tier: 'backend' });
const FRONTEND = Object.assign(new FrontendSettings(), common, {
  node: 'frontend-01',
  tier: 'frontend',
  backend: { url: 'http://127.0.0.1:1/backend', attempts: 1, attemptTimeoutMs: 100 },
  statistics: { port: 8080, publishedTierPort: 8010, publishedPort: 8011 },
});

interface LogLine {
  level: string;
  msg: string;
  url?: string;
}

let directory: string;
let appFaultsFile: string;
let service: NestFastifyApplication;
const logLines: LogLine[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'test-hook-'));
  appFaultsFile = join(directory, 'app-faults.json');
  logLines.length = 0;
});

afterEach(async () => {
  jest.useRealTimers();
  await service.close();
  rmSync(directory, { recursive: true });
});

async function start(settings: ServiceSettings): Promise<void> {
  const log = { write: (line: string) => void logLines.push(JSON.parse(line) as LogLine) };
  service = await createService(settings, log, appFaultsFile);
  await service.init();
}

/** As SIGUSR2 does. */
function injectFaults(faults?: object): void {
  if (faults) writeFileSync(appFaultsFile, JSON.stringify(faults));
  else rmSync(appFaultsFile, { force: true });
  service.get(TestHook).readFaults();
}

const hookLines = () => logLines.filter(({ msg }) => msg.startsWith('Test hook'));

async function statusesOf(path: string, requests: number): Promise<number[]> {
  const statuses: number[] = [];
  while (statuses.length < requests) statuses.push((await service.inject(path)).statusCode);
  return statuses;
}

describe('the test hook', () => {
  beforeEach(() => start(BACKEND));

  it('does nothing unless asked for, even where the file is', async () => {
    writeFileSync(appFaultsFile, JSON.stringify({ errorRate: 1 }));
    expect(await statusesOf('/backend', 3)).toEqual([200, 200, 200]);
    expect(hookLines()).toEqual([]);
  });

  it('says what is in force', () => {
    injectFaults({ delayMs: 5 });
    injectFaults();
    expect(hookLines()).toMatchObject([
      { level: 'info', msg: 'Test hook: answers 5 ms later' },
      { level: 'info', msg: 'Test hook: nothing is injected' },
    ]);
  });

  it.each([
    [1, 4, [500, 500, 500, 500]],
    [0.5, 4, [200, 500, 200, 500]],
    [0.25, 8, [200, 200, 200, 500, 200, 200, 200, 500]],
    [0, 2, [200, 200]],
  ])('fails the share %d of the requests, evenly', async (errorRate, requests, statuses) => {
    injectFaults({ errorRate });
    expect(await statusesOf('/backend', requests)).toEqual(statuses);
  });

  it('answers as other failures do, and logs the request', async () => {
    injectFaults({ errorRate: 1 });
    const response = await service.inject({ url: '/backend?x=1', headers: { 'x-request-id': 'abc' } });
    expect(response.statusCode).toBe(500);
    expect(response.headers['x-request-id']).toBe('abc');
    expect(response.json()).toEqual({
      error: 'The test hook makes this request fail',
      path: '/backend',
      requestId: 'abc',
    });
    expect(logLines.at(-1)).toMatchObject({ level: 'warn', status: 500, url: '/backend?x=1' });
  });

  it.each(['/backend', '/backend/poison'])('fails one path alone: %s', async (errorPath) => {
    injectFaults({ errorPath });
    expect(await statusesOf(errorPath, 2)).toEqual([500, 500]);
    expect(await statusesOf(`${errorPath}?x=1`, 1)).toEqual([500]);
    expect(await statusesOf('/backend/other', 1)).toEqual([404]);
    if (errorPath !== '/backend') expect(await statusesOf('/backend', 2)).toEqual([200, 200]);
  });

  it('delays answers', async () => {
    injectFaults({ delayMs: 300 });
    const began = performance.now();
    expect(await statusesOf('/backend', 1)).toEqual([200]);
    expect(performance.now() - began).toBeGreaterThan(295);
  });

  it('does not go on with a request whose client has given up', async () => {
    await service.listen(0, '127.0.0.1');
    injectFaults({ delayMs: 60_000 });
    // Of timers, all but setTimeout is left as it is, and so are those of Node itself.
    jest.useFakeTimers({
      doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval'],
    });
    const client = connect((service.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    client.write('GET /backend HTTP/1.1\r\nhost: a\r\n\r\n');
    while (jest.getTimerCount() === 0) await nextTurnOfTheLoop();
    client.destroy();
    while (jest.getTimerCount() > 0) await nextTurnOfTheLoop();
  });

  it('leaves the health checks green', async () => {
    injectFaults({ errorRate: 1, delayMs: 60_000 });
    expect(await statusesOf('/health/ready', 2)).toEqual([200, 200]);
    expect(await statusesOf('/health/live', 2)).toEqual([200, 200]);
    expect(await statusesOf('/backendish', 1)).toEqual([404]);
  });

  it('ends when the file is gone', async () => {
    injectFaults({ errorRate: 1 });
    injectFaults();
    expect(await statusesOf('/backend', 3)).toEqual([200, 200, 200]);
  });

  it('changes nothing for a file that is not valid, and says why in one line', async () => {
    injectFaults({ errorRate: 1 });
    injectFaults({ errorRate: 2 });
    expect(await statusesOf('/backend', 1)).toEqual([500]);
    expect(hookLines().slice(1)).toMatchObject([
      {
        level: 'error',
        msg: `Test hook: unchanged, since ${appFaultsFile}: errorRate: 2 must not be greater than 1`,
      },
    ]);
  });

  it('listens to its signal until the service has drained, since that would end the process otherwise', async () => {
    const before = process.listenerCount('SIGUSR2');
    let whileDraining: number | undefined;
    service.get(Draining).beforeApplicationShutdown = async () => {
      whileDraining = process.listenerCount('SIGUSR2');
    };
    await service.close();
    expect(whileDraining).toBe(before);
    expect(process.listenerCount('SIGUSR2')).toBe(before - 1);
  });
});

describe('the test hook of a frontend', () => {
  it("is for the frontend's paths, and leaves the page alone", async () => {
    await start(FRONTEND);
    injectFaults({ errorRate: 1 });
    expect(await statusesOf('/frontend', 1)).toEqual([500]);
    expect(await statusesOf('/backend', 1)).toEqual([404]);
    expect(await statusesOf('/', 1)).toEqual([503]);
  });
});
