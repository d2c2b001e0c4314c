import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createService } from './create-service.js';
import { FrontendSettings, ServiceSettings } from './service-settings.js';

const common = { port: 3000, warmUpMs: 0, drainMs: 0, closeTimeoutMs: 100 };
const BACKEND = Object.assign(new ServiceSettings(), common, { node: 'backend-01', tier: 'backend' });
const FRONTEND = Object.assign(new FrontendSettings(), common, {
  node: 'frontend-01',
  tier: 'frontend',
  // Nothing is there: a download does not ask it.
  backend: { url: 'http://127.0.0.1:1/backend', attempts: 1, attemptTimeoutMs: 100 },
  statistics: { port: 8080, publishedTierPort: 8010, publishedPort: 8011 },
});

// A download takes most of Jest's own 5 s.
jest.setTimeout(20_000);

const logLines: { level: string; url?: string; msg: string }[] = [];

/** Of timers, all but setTimeout is left as it is, and so are those of Node itself. */
const REAL = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval'] as const;

describe.each([
  { tier: 'frontend', settings: FRONTEND, names: { frontend: 'frontend-01' } },
  { tier: 'backend', settings: BACKEND, names: { backend: 'backend-01' } },
])('GET /$tier/download', ({ tier, settings, names }) => {
  const path = `/${tier}/download`;
  let service: NestFastifyApplication;
  let port: number;

  beforeEach(async () => {
    logLines.length = 0;
    service = await createService(settings, { write: (line) => void logLines.push(JSON.parse(line) as never) });
    await service.listen(0, '127.0.0.1');
    port = (service.getHttpServer().address() as AddressInfo).port;
  });

  afterEach(async () => {
    jest.useRealTimers();
    await service.close();
  });

  it('comes in pieces over 3 s, as an answer of a length that is known before', async () => {
    const beganMs = performance.now();
    const [response] = (await once(get({ port, path, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);

    expect(performance.now() - beganMs).toBeGreaterThan(2_950);
    expect(pieces.length).toBeGreaterThan(3);
    expect(response.headers).toMatchObject({
      'content-length': `${body.length}`,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    });
    expect(JSON.parse(body.toString())).toEqual(names);
  });

  it('ends with its client', async () => {
    jest.useFakeTimers({ doNotFake: [...REAL] });
    const client = connect(port, '127.0.0.1');
    client.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    while (jest.getTimerCount() === 0) await nextTurnOfTheLoop();
    jest.runOnlyPendingTimers();
    await once(client, 'data');
    expect(jest.getTimerCount()).toBe(1);
    client.destroy();
    while (jest.getTimerCount() > 0) await nextTurnOfTheLoop();
    while (logLines.at(-1)?.url !== path) await nextTurnOfTheLoop();
    expect(logLines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(logLines.at(-1)).toMatchObject({ msg: 'request aborted' });
  });

  it('has a head of its own', async () => {
    const response = await service.inject({ method: 'HEAD', url: path });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('');
    expect(Number(response.headers['content-length'])).toBeGreaterThan(10_000);
  });
});
