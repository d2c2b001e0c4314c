import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import { BackendClient } from './frontend/backend-client.js';
import { createService } from './create-service.js';
import { FrontendSettings, ServiceSettings } from './service-settings.js';

const common = { port: 3000, warmUpMs: 0, drainMs: 0, closeTimeoutMs: 100 };
const backend = { url: 'http://127.0.0.1:1/backend', attempts: 1, attemptTimeoutMs: 100 };
const frontendSettings = Object.assign(new FrontendSettings(), common, {
  node: 'frontend-01',
  tier: 'frontend',
  backend,
  statistics: { port: 8080, publishedTierPort: 8010, publishedPort: 8011 },
});
const backendSettings = Object.assign(new ServiceSettings(), common, { node: 'backend-01', tier: 'backend' });

const logLines: string[] = [];
const logStream = { write: (line: string) => void logLines.push(line) };

describe.each([
  { tier: 'frontend', settings: frontendSettings, path: '/frontend' },
  { tier: 'backend', settings: backendSettings, path: '/backend' },
])('the $tier service', ({ settings, path }) => {
  let app: NestFastifyApplication;
  let port: number;

  beforeAll(async () => {
    app = await createService(settings, logStream);
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as { port: number }).port;
  });

  beforeEach(() => void (logLines.length = 0));

  afterAll(() => app.close());

  async function raw(request: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.write(request);
    return text(socket);
  }

  it('answers an unknown path with 404 and JSON', async () => {
    const response = await app.inject({ url: '/nope?x=1', headers: { 'x-request-id': 'abc' } });
    expect(response.statusCode).toBe(404);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.body).toBe(
      '{\n  "error": "Nothing is at this path",\n  "path": "/nope",\n  "requestId": "abc"\n}\n',
    );
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const)(
    'answers %s with 405 and what is allowed',
    async (method) => {
      const response = await app.inject({ method, url: `${path}?x=1` });
      expect(response.statusCode).toBe(405);
      expect(response.headers.allow).toBe('GET, HEAD');
      expect(response.json()).toMatchObject({ error: `${method} is not allowed here, only GET and HEAD`, path });
    },
  );

  it('answers methods of WebDAV alike', async () => {
    expect(await raw(`PROPFIND ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 405 /);
  });

  it.each([
    ['application/json', '{broken'],
    ['application/xml', '<a/>'],
    ['application/x-www-form-urlencoded', '__proto__=1'],
    ['text/plain', 'x'.repeat(2_000_000)],
  ])('does not look at a body of type %s', async (contentType, payload) => {
    const headers = { 'content-type': contentType };
    expect((await app.inject({ method: 'POST', url: path, headers, payload })).statusCode).toBe(405);
    expect((await app.inject({ method: 'POST', url: '/nope', headers, payload })).statusCode).toBe(404);
  });

  it('answers a URL that cannot be decoded with 400 and JSON', async () => {
    const response = await app.inject({ url: '/%zz', headers: { 'x-request-id': 'abc' } });
    expect(response.statusCode).toBe(400);
    expect(response.headers['x-request-id']).toBe('abc');
    expect(response.json()).toEqual({ error: "'/%zz' is not a valid url component", path: '/%zz', requestId: 'abc' });
  });

  it('answers what is not HTTP with 400 and JSON', async () => {
    const answer = await raw('HELLO\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\ncontent-type: application\/json/);
    expect(answer).toMatch(/\r\n\r\n{\n {2}"error": "This is not a valid HTTP request"\n}\n$/);
  });

  it('answers huge headers with 431 and JSON', async () => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 Request Header Fields Too Large\r\n/);
    expect(answer).toMatch(/{\n {2}"error": "The headers are too large"\n}\n$/);
  });

  it.each(['a', 'A-1_b.c', 'x'.repeat(64)])('keeps the request id %s', async (id) => {
    const response = await app.inject({ url: '/health/live', headers: { 'x-request-id': id } });
    expect(response.headers['x-request-id']).toBe(id);
  });

  it.each(['', 'a b', 'ä', 'a:b', 'x'.repeat(65)])('replaces the request id <%s>', async (id) => {
    const response = await app.inject({ url: '/health/live', headers: { 'x-request-id': id } });
    expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is live and ready, whatever the other tier does', async () => {
    const live = await app.inject('/health/live');
    expect([live.statusCode, live.json()]).toEqual([200, { status: 'live' }]);
    const ready = await app.inject('/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('logs one line for a request', async () => {
    await app.inject({ url: '/nope?x=1', headers: { 'x-request-id': 'abc' } });
    expect(logLines.map((line) => JSON.parse(line) as object)).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        node: expect.any(String),
        requestId: 'abc',
        method: 'GET',
        url: '/nope?x=1',
        status: 404,
        durationMs: expect.any(Number),
        msg: 'request completed',
      },
    ]);
  });

  it('logs a line for a request whose client gives up before the answer', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${path}/download HTTP/1.1\r\nhost: a\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    const missing = async () => (logLines.length > 0 ? [] : ['there is none']);
    await waitUntilNothingIsMissing('a line in the log', missing, { deadlineMs: 2000, intervalMs: 10 });
    expect(logLines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'info', url: `${path}/download`, msg: 'request aborted' },
    ]);
  });

  it('logs no line for health checks', async () => {
    await app.inject('/health/live');
    await app.inject('/health/ready');
    expect(logLines).toEqual([]);
  });

  it('keeps idle connections for longer than HAProxy does', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health/live`);
    expect(response.headers.get('keep-alive')).toBe('timeout=75');
  });
});

describe('an error nobody thought of', () => {
  it('is answered with 500, without its message or stack, and logged with both', async () => {
    const app = await createService(frontendSettings, logStream);
    await app.init();
    app.get(BackendClient).ask = () => {
      throw new Error('the password is 42');
    };
    const response = await app.inject({ url: '/frontend', headers: { 'x-request-id': 'abc' } });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      error: 'The service failed to answer this request',
      path: '/frontend',
      requestId: 'abc',
    });
    expect(logLines.join('')).toMatch(/"requestId":"abc".*"message":"the password is 42","stack":"Error: the password/);
    await app.close();
  });
});
