import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createService } from '../create-service.js';
import { FrontendSettings } from '../service-settings.js';

const ATTEMPT_TIMEOUT_MS = 200;

/** Every spec has a real backend, whose behaviour it sets, and counts what reaches it. */
let answer: RequestListener;
let requests: IncomingMessage[];
let connections: Socket[];
let backend: Server;
const logLines: string[] = [];
let frontend: NestFastifyApplication;

const good: RequestListener = (_request, response) => json(response, { backend: 'backend-01' });

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

beforeEach(async () => {
  answer = good;
  requests = [];
  connections = [];
  backend = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  backend.on('connection', (socket) => connections.push(socket));
  await listen(0);
  frontend = await createService(
    Object.assign(new FrontendSettings(), {
      node: 'frontend-02',
      tier: 'frontend',
      port: 3000,
      warmUpMs: 0,
      drainMs: 0,
      closeTimeoutMs: 100,
      backend: { url: `http://127.0.0.1:${backendPort()}/backend`, attempts: 2, attemptTimeoutMs: ATTEMPT_TIMEOUT_MS },
      statistics: { port: 8080, publishedTierPort: 8010, publishedPort: 8011 },
    }),
    { write: (line) => void logLines.push(line) },
  );
  await frontend.init();
});

afterEach(async () => {
  await frontend.close();
  await stopBackend();
});

function backendPort(): number {
  return (backend.address() as AddressInfo).port;
}

async function listen(port: number): Promise<void> {
  await new Promise<void>((resolve) => backend.listen(port, '127.0.0.1', resolve));
}

/** As a crash would: connections are reset, new ones refused. */
async function stopBackend(): Promise<void> {
  const closed = new Promise((resolve) => backend.close(resolve));
  connections.forEach((socket) => socket.resetAndDestroy());
  await closed;
}

async function isOpen(socket: Socket | undefined): Promise<boolean> {
  await sleep(5);
  return socket !== undefined && !socket.destroyed;
}

async function ask() {
  const began = performance.now();
  const { statusCode, body } = await frontend.inject('/frontend');
  return { statusCode, body, tookMs: performance.now() - began };
}

function failure(error: string): string {
  return `{\n  "backend": null,\n  "error": "${error}",\n  "frontend": "frontend-02"\n}\n`;
}

const SUCCESS = '{\n  "backend": "backend-01",\n  "frontend": "frontend-02"\n}\n';

describe('GET /frontend', () => {
  it('tells which frontend and backend answered', async () => {
    const response = await frontend.inject('/frontend');
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe(SUCCESS);
    expect(response.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'cache-control': 'no-store',
    });
  });

  it('answers HEAD with the same headers and no body', async () => {
    const response = await frontend.inject({ method: 'HEAD', url: '/frontend' });
    expect([response.statusCode, response.body]).toEqual([200, '']);
    expect(response.headers['content-length']).toBe(String(SUCCESS.length));
  });

  it("passes the request's id on", async () => {
    await frontend.inject({ url: '/frontend', headers: { 'x-request-id': 'abc' } });
    expect(requests[0]?.headers['x-request-id']).toBe('abc');
    const response = await frontend.inject('/frontend');
    expect(requests[1]?.headers['x-request-id']).toBe(response.headers['x-request-id']);
  });

  it('asks over one connection again and again', async () => {
    for (let count = 0; count < 5; count++) await ask();
    expect([requests.length, connections.length]).toEqual([5, 1]);
  });

  it('closes a connection that is idle for 3 s, before HAProxy does', async () => {
    await ask();
    expect(await isOpen(connections[0])).toBe(true);
    await sleep(3100);
    expect(await isOpen(connections[0])).toBe(false);
  });

  it('does not go through a proxy from the environment', async () => {
    process.env.http_proxy = 'http://127.0.0.1:1';
    try {
      expect((await ask()).body).toBe(SUCCESS);
    } finally {
      delete process.env.http_proxy;
    }
  });
});

describe('a backend connection that fails', () => {
  it('is replaced when it is reset, after it has been used', async () => {
    await ask();
    answer = (request, response) =>
      request.socket === connections[0] ? request.socket.resetAndDestroy() : good(request, response);
    expect((await ask()).body).toBe(SUCCESS);
    expect(connections).toHaveLength(2);
  });

  it('is replaced when the backend closes it without an answer', async () => {
    answer = (request, response) => (requests.length === 1 ? request.socket.destroy() : good(request, response));
    expect((await ask()).body).toBe(SUCCESS);
  });

  it('is given up, closed and replaced when it is silent', async () => {
    answer = (request, response) => (requests.length === 1 ? undefined : good(request, response));
    const { body, tookMs } = await ask();
    expect(body).toBe(SUCCESS);
    expect(tookMs).toBeGreaterThanOrEqual(ATTEMPT_TIMEOUT_MS);
    expect(await isOpen(connections[0])).toBe(false);
  });

  it('is given up when the answer begins and does not end', async () => {
    answer = (request, response) => {
      if (requests.length > 1) return good(request, response);
      response.write('{');
    };
    expect((await ask()).body).toBe(SUCCESS);
  });

  it('takes the idle ones with it, for they lead to the same dead host', async () => {
    answer = (request, response) => void setTimeout(() => good(request, response), 20);
    await Promise.all([ask(), ask(), ask()]);
    expect(connections).toHaveLength(3);

    const dead = [...connections];
    answer = (request, response) => (dead.includes(request.socket) ? undefined : good(request, response));
    expect((await ask()).body).toBe(SUCCESS);
    expect(await Promise.all(dead.map(isOpen))).toEqual([false, false, false]);
  });

  it('is tried again after the moment a virtual IP takes to move', async () => {
    const port = backendPort();
    await stopBackend();
    const answering = ask();
    await sleep(40);
    await listen(port);
    expect((await answering).body).toBe(SUCCESS);
  });
});

describe('a backend tier that is gone', () => {
  it('is reported when it refuses connections', async () => {
    await stopBackend();
    expect(await ask()).toMatchObject({
      statusCode: 503,
      body: failure('The backend tier cannot be reached (ECONNREFUSED)'),
    });
  });

  it('is reported when it is silent, after all attempts', async () => {
    answer = () => undefined;
    const { statusCode, body, tookMs } = await ask();
    expect([statusCode, body]).toEqual([503, failure('The backend tier does not answer (waited 200 ms, 2 times)')]);
    expect(requests).toHaveLength(2);
    expect(tookMs).toBeLessThan(2 * ATTEMPT_TIMEOUT_MS + 100);
  });

  it.each<[string, RequestListener, string]>([
    [
      "HAProxy's own 503",
      (_request, response) => json(response, { error: 'HAProxy of backend-01: none takes it' }, 503),
      'The backend tier answered with HTTP status 503: HAProxy of backend-01: none takes it',
    ],
    [
      'a 503 without words',
      (_request, response) => void response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>503</h1>'),
      'The backend tier answered with HTTP status 503',
    ],
    [
      '504',
      (_request, response) => void response.writeHead(504).end(),
      'The backend tier answered with HTTP status 504',
    ],
    [
      'a redirect',
      (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
      'The backend tier answered with HTTP status 302',
    ],
    [
      'HTML',
      (_request, response) => void response.end('<p>Hello'),
      'The backend tier gave an answer that makes no sense',
    ],
    ['other JSON', (_request, response) => json(response, [1]), 'The backend tier gave an answer that makes no sense'],
    [
      'another type',
      (_request, response) => json(response, { backend: 1 }),
      'The backend tier gave an answer that makes no sense',
    ],
  ])('is reported at once for %s', async (_what, behaviour, error) => {
    answer = behaviour;
    expect(await ask()).toMatchObject({ statusCode: 503, body: failure(error) });
    expect(requests).toHaveLength(1);
  });

  it('is in the log with the reason, and without a stack', async () => {
    await stopBackend();
    logLines.length = 0;
    await frontend.inject({ url: '/frontend', headers: { 'x-request-id': 'abc' } });
    const common = { level: 'warn', time: expect.any(String), node: 'frontend-02', requestId: 'abc' };
    expect(logLines.map((line) => JSON.parse(line) as object)).toEqual([
      { ...common, context: 'BackendClient', msg: 'The backend tier cannot be reached (ECONNREFUSED)' },
      {
        ...common,
        method: 'GET',
        url: '/frontend',
        status: 503,
        durationMs: expect.any(Number),
        msg: 'request failed',
      },
    ]);
  });

  it('answers again as soon as it is back', async () => {
    const port = backendPort();
    await stopBackend();
    expect((await ask()).statusCode).toBe(503);
    await listen(port);
    expect((await ask()).body).toBe(SUCCESS);
  });
});

describe('GET /', () => {
  it('is a page that names both nodes without any script', async () => {
    const { statusCode, headers, body } = await frontend.inject({ url: '/', headers: { host: '192.168.99.10' } });
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body).toMatch(/>frontend-02<.*\n.*>backend-01</);
    expect(body).toContain('Both tiers answer.');
    expect(body).toContain('href="http://192.168.99.10:8080/"');
  });

  it('leads to the statistics where they are for who asked through the loopback', async () => {
    const { body } = await frontend.inject({ url: '/', headers: { host: 'localhost:8010' } });
    expect(body).toContain('href="http://localhost:8011/"');
  });

  it('stays a page when the backend is gone, and says so', async () => {
    await stopBackend();
    const { statusCode, headers, body } = await frontend.inject('/');
    expect([statusCode, headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
    expect(body).toMatch(/>frontend-02<.*\n.*>none</);
    expect(body).toContain('class="failing">The backend tier cannot be reached (ECONNREFUSED).<');
  });

  it('needs nothing from elsewhere', async () => {
    const { body } = await frontend.inject('/');
    const urls = body.match(/(?:src|href|url|fetch)\s*[=(]\s*["']?[^"'\s)>]+/g);
    expect(urls).toEqual(['href="data:,', 'href="http://localhost:8080/', 'href="/frontend', "fetch('/frontend"]);
  });

  it('shows names and hosts as text, whatever they are', async () => {
    answer = (_request, response) => json(response, { backend: '<b>"x"' });
    const { body } = await frontend.inject({ url: '/', headers: { host: 'a"><script>' } });
    expect(body).toContain('&lt;b&gt;&quot;x&quot;');
    expect(body).not.toContain('"><script>');
  });
});
