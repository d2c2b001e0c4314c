import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Program } from '../common/testing/program.js';

const MAIN = new URL('./main.ts', import.meta.url).pathname;
const DRAIN_MS = 400;
const CLOSE_TIMEOUT_MS = 500;

// Starting a process takes its time on a busy machine.
jest.setTimeout(20_000);

let program: Program;
let directory: string;
let port: number;
const running: ChildProcess[] = [];

const PAGE = new URL('./frontend/page.hbs', import.meta.url).pathname;

beforeAll(async () => {
  program = await Program.of(MAIN, [PAGE]);
  directory = mkdtempSync(join(tmpdir(), 'service-'));
});

afterAll(async () => {
  await program.remove();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  port = await freePort();
});

afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function start(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [program.file], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const exit = once(child, 'exit').then(([code, signal]: unknown[]) => code ?? signal);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  const output = once(child.stdout, 'end').then(() => printed);
  return { child, exit, printed: () => printed, output, errors: text(child.stderr) };
}

async function startService(settings: object, env: NodeJS.ProcessEnv = {}) {
  const path = join(directory, `${port}.json`);
  const common = { port, warmUpMs: 0, drainMs: DRAIN_MS, closeTimeoutMs: CLOSE_TIMEOUT_MS };
  writeFileSync(path, JSON.stringify({ ...common, ...settings }));
  const service = start({ HA_DEMO_SERVICE_SETTINGS: path, ...env });
  // It answers shortly before it says so.
  for (let live = false; !live || !service.printed().includes(' serves on port '); await sleep(10))
    live = await ask('/health/live').then(Boolean, () => false);
  return service;
}

const BACKEND = { node: 'backend-01', tier: 'backend' };
const startBackend = (env?: NodeJS.ProcessEnv) => startService(BACKEND, env);

function ask(path: string, agent?: Agent): Promise<{ status: number; connection?: string; body: string }> {
  return new Promise((resolve, reject) => {
    get({ port, path, agent, host: '127.0.0.1' }, (response: IncomingMessage) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode!, connection: response.headers.connection!, body }),
        reject,
      );
    }).on('error', reject);
  });
}

const refused = () =>
  ask('/health/live').then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );

describe('a service without usable settings', () => {
  it('names the field, says what is allowed, in one line, and exits with 2', async () => {
    const path = join(directory, 'invalid.json');
    writeFileSync(
      path,
      JSON.stringify({ node: 'n', tier: 'backend', port: 0, warmUpMs: 0, drainMs: 0, closeTimeoutMs: 100 }),
    );
    const { exit, output, errors } = start({ HA_DEMO_SERVICE_SETTINGS: path });
    expect(await exit).toBe(2);
    expect(await errors).toBe(`${path}: port: 0 must not be less than 1\n`);
    expect(await output).toBe('');
  });

  it("looks for its node's file by default", async () => {
    const { exit, errors } = start({ HA_DEMO_NODE: 'backend-07' });
    expect(await exit).toBe(2);
    expect(await errors).toMatch(/^\/etc\/ha-demo\/nodes\/backend-07\/service.json: cannot be read as JSON \(.*\)\n$/);
  });
});

it('a service whose port is taken says so and exits with 1', async () => {
  const other = createTcpServer().listen(port, '0.0.0.0');
  await once(other, 'listening');
  const path = join(directory, 'taken.json');
  writeFileSync(
    path,
    JSON.stringify({ node: 'n', tier: 'backend', port, warmUpMs: 0, drainMs: 0, closeTimeoutMs: 100 }),
  );
  const { exit, errors } = start({ HA_DEMO_SERVICE_SETTINGS: path });
  expect(await exit).toBe(1);
  expect(await errors).toBe(`listen EADDRINUSE: address already in use 0.0.0.0:${port}\n`);
  other.close();
});

it('a service writes what it has answered while it runs', async () => {
  const { child } = await startBackend();
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  await ask('/backend');
  while (!written.includes('"url":"/backend"') && running.includes(child)) await sleep(10);
  expect(written).toContain('"url":"/backend"');
});

describe.each(['SIGTERM', 'SIGINT'] as const)('on %s a service', (signal) => {
  it('fails its readiness check, serves on, closes idle connections, and exits with 0', async () => {
    const { child, exit, output, errors } = await startBackend();
    const agent = new Agent({ keepAlive: true });
    expect(await ask('/backend', agent)).toMatchObject({ status: 200, connection: 'keep-alive' });

    const began = performance.now();
    child.kill(signal);
    while ((await ask('/health/ready')).status === 200) await sleep(10);
    expect(await ask('/health/ready')).toMatchObject({ status: 503, body: '{\n  "status": "draining"\n}\n' });
    expect(await ask('/health/live')).toMatchObject({ status: 200 });
    expect(await ask('/backend', agent)).toMatchObject({ status: 200, connection: 'keep-alive' });

    expect(await exit).toBe(0);
    expect(performance.now() - began).toBeGreaterThanOrEqual(DRAIN_MS);

    const lines = (await output)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; node: string });
    expect(lines.some(({ msg }) => msg.includes('cut off'))).toBe(false);
    expect(lines.every(({ node }) => node === 'backend-01')).toBe(true);
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        `backend-01 serves on port ${port}`,
        `${signal}: not ready any more, serving for another ${DRAIN_MS} ms`,
        'Closing',
      ]),
    );
    expect(await errors).toBe('');
  });
});

it('a service that is stopped serves on as long as requests arrive', async () => {
  const { child, exit, output } = await startBackend();
  const began = performance.now();
  child.kill('SIGTERM');
  for (; performance.now() - began < 2 * DRAIN_MS; await sleep(10))
    expect(await ask('/backend')).toMatchObject({ status: 200 });
  expect(await exit).toBe(0);
  expect(await output).not.toContain('Requests still arrive');
});

it('a service that is stopped closes in the end, whether requests arrive or not', async () => {
  const { child, exit, output } = await startBackend();
  child.kill('SIGTERM');
  while (!(await refused())) await ask('/backend').catch(() => undefined);
  expect(await exit).toBe(0);
  expect(await output).toContain('Requests still arrive');
});

it('after its warm-up a service logs what it is asked, and nothing of the warm-up', async () => {
  const { child, output } = await startService({ ...BACKEND, warmUpMs: 300 });
  expect(await ask('/backend')).toMatchObject({ status: 200 });
  child.kill('SIGTERM');
  const lines = (await output)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; url?: string });
  expect(lines.flatMap(({ url }) => url ?? [])).toEqual(['/backend']);
  expect(lines.map(({ msg }) => msg)).toContain(`backend-01 serves on port ${port}`);
});

it('on SIGUSR2 a service has the faults of the file, and its health checks stay green', async () => {
  const path = join(directory, 'app-faults.json');
  writeFileSync(path, JSON.stringify({ errorRate: 1 }));
  const { child, exit, output } = await startBackend({ HA_DEMO_APP_FAULTS: path });
  expect(await ask('/backend')).toMatchObject({ status: 200 });
  child.kill('SIGUSR2');
  while ((await ask('/backend')).status === 200) await sleep(10);
  expect(await ask('/health/ready')).toMatchObject({ status: 200 });

  rmSync(path);
  child.kill('SIGUSR2');
  while ((await ask('/backend')).status === 500) await sleep(10);
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  const messages = (await output).split('\n').flatMap((line) => /"msg":"(Test hook.*?)"/.exec(line)?.[1] ?? []);
  expect(messages).toEqual(['Test hook: status 500 for 1 of the requests', 'Test hook: nothing is injected']);
});

describe('when the service closes', () => {
  let backend: Server;

  beforeEach(async () => {
    backend = createServer().listen(0, '127.0.0.1');
    await once(backend, 'listening');
    // The one that was free before may be the backend's now.
    port = await freePort();
  });

  afterEach(() => {
    backend.close();
    backend.closeAllConnections();
  });

  /** A frontend with a request that waits for its backend, and a connection that has not sent any request yet. */
  async function startBusyFrontend() {
    const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}/backend`;
    const call = { url, attempts: 1, attemptTimeoutMs: 5000 };
    const service = await startService({
      node: 'frontend-01',
      tier: 'frontend',
      backend: call,
      statistics: { port: 8080, publishedTierPort: 8010, publishedPort: 8011 },
    });
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    const reached = once(backend, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const answer = ask('/frontend', new Agent({ keepAlive: true }));
    const [, backendResponse] = await reached;
    return { ...service, silent, answer, backendResponse };
  }

  it('answers what is in flight, with an end to the connection, and accepts no new ones', async () => {
    const { child, exit, output, silent, answer, backendResponse } = await startBusyFrontend();
    child.kill('SIGTERM');
    while (!(await refused())) await sleep(10);

    silent.write('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await text(silent)).toMatch(/^HTTP\/1.1 200 OK\r\n(.*\r\n)*connection: close\r\n/i);
    backendResponse.end('{"backend":"backend-01"}');
    expect(await answer).toMatchObject({ status: 200, connection: 'close' });

    expect(await exit).toBe(0);
    expect(await output).not.toContain('cut off');
  });

  it('lets a download finish, and waits no longer than for that', async () => {
    const { child, exit, output } = await startService({ ...BACKEND, closeTimeoutMs: 15_000 });
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port, path: '/backend/download', host: '127.0.0.1', agent: new Agent({ keepAlive: true }) }, resolve).on(
        'error',
        reject,
      );
    });
    child.kill('SIGTERM');
    const body = text(response);
    while (!(await refused())) await sleep(10);
    expect(child.exitCode).toBeNull();
    expect(JSON.parse(await body)).toEqual({ backend: 'backend-01' });
    expect(await exit).toBe(0);
    expect(await output).not.toContain('cut off');
  });

  it('cuts off what takes too long', async () => {
    const { child, exit, output, answer } = await startBusyFrontend();
    const broken = expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    await broken;
    expect(await output).toContain(`Connections still open after ${CLOSE_TIMEOUT_MS} ms are cut off`);
  });
});
