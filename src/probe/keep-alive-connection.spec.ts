import type { Socket } from 'node:net';
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { KeepAliveConnection, type KeepAliveSettings } from './keep-alive-connection.js';
import type { KeepAliveCounts } from './probe-event.js';
import type { ProbeTarget } from './probe-target.js';
import {
  CLOSING,
  KEPT_ALIVE,
  type RequestHandler,
  ScriptedServer,
  stall,
  startDeafServer,
  startIndependentServer,
} from './testing/scripted-server.js';

const PATIENT: KeepAliveSettings = { connections: 1, intervalMs: 5, timeoutMs: 20_000 };
const IMPATIENT: KeepAliveSettings = { ...PATIENT, timeoutMs: 100 };
/** Sends one request and leaves it at that. */
const ONCE: KeepAliveSettings = { ...PATIENT, intervalMs: 600_000 };

const REQUEST_TIMEOUT = 'HTTP/1.1 408 Request Time-out\r\nConnection: close\r\n\r\n';

const NOTHING_WRONG = { failed: 0, failuresByReason: {}, broken: 0 };

let server: ScriptedServer | undefined;
let worker: Worker | undefined;
const connections: KeepAliveConnection[] = [];

afterEach(async () => {
  await stopAll();
  await server?.stop();
  await worker?.terminate();
  server = worker = undefined;
});

async function serve(onRequest: RequestHandler): Promise<ProbeTarget> {
  server = await ScriptedServer.start(onRequest);
  return server.target;
}

/** Stops sending at once; resolves when the outstanding requests have ended. */
async function stopAll(): Promise<void> {
  await Promise.all(connections.splice(0).map((connection) => connection.stop()));
}

/** Starts a connection; `breakages` grows as it breaks. */
function open(target: ProbeTarget, settings: KeepAliveSettings, onBroken = () => {}) {
  const counts: KeepAliveCounts = {
    connections: 1,
    requests: 0,
    failed: 0,
    failuresByReason: {},
    broken: 0,
    reopened: 0,
    worstLatencyMs: null,
  };
  const breakages: { reason: string; waitedMs: number | null }[] = [];
  const connection = new KeepAliveConnection(target, settings, counts, (breakage) => {
    breakages.push(breakage);
    onBroken();
  });
  connections.push(connection);
  connection.start(0);
  return { counts, breakages };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurnOfTheLoop();
}

describe('a keep-alive connection', () => {
  it('is one connection for all its requests', async () => {
    const target = await serve((socket) => socket.write(KEPT_ALIVE));
    const { counts } = open(target, PATIENT);
    await until(() => server!.requests === 5);
    await stopAll();
    expect(counts).toMatchObject({ ...NOTHING_WRONG, requests: 5, reopened: 0 });
    expect(counts.worstLatencyMs).toBeGreaterThan(0);
    expect(server!.connections).toBe(1);
  });

  it('asks the server to keep it', async () => {
    let text = '';
    const target = await serve((socket, _number, request) => {
      text = request;
      socket.write(KEPT_ALIVE);
    });
    open(target, ONCE);
    await until(() => text !== '');
    await stopAll();
    expect(text).toMatch(/^GET \/frontend HTTP\/1.1\r\n(.*\r\n)*Connection: keep-alive\r\n\r\n$/);
  });

  it.each([
    ['announces a close and closes', (socket: Socket) => socket.end(CLOSING)],
    ['announces a close and leaves it to the client', (socket: Socket) => socket.write(CLOSING)],
    ['closes after its answer without a word', (socket: Socket) => socket.end(KEPT_ALIVE)],
    ['ends its answer by closing', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{}')],
    ['adds a 408 to its answer and closes', (socket: Socket) => socket.end(`${KEPT_ALIVE}${REQUEST_TIMEOUT}`)],
  ])('is opened again, not broken, when the server %s', async (_name, onRequest) => {
    const target = await serve(onRequest);
    const { counts, breakages } = open(target, { ...PATIENT, intervalMs: 50 });
    await until(() => server!.requests === 4);
    await stopAll();
    expect(counts).toMatchObject({ ...NOTHING_WRONG, requests: 4, reopened: 3 });
    expect(breakages).toEqual([]);
    expect(server!.connections).toBe(4);
  });

  it.each([
    ['resets it', 'ECONNRESET', (socket: Socket) => socket.resetAndDestroy()],
    ['closes it, the request being on its way', 'closed-before-response', (socket: Socket) => socket.end()],
    [
      'closes it in the middle of an answer',
      'closed-mid-response',
      (socket: Socket) => socket.end(KEPT_ALIVE.slice(0, -1)),
    ],
    ['answers something that is not HTTP', 'bad-response', (socket: Socket) => socket.write('220 ready\r\n\r\n')],
  ])('is broken when the server %s', async (_name, reason, misbehave) => {
    const target = await serve((socket, number) => (number === 3 ? misbehave(socket) : socket.write(KEPT_ALIVE)));
    const { counts, breakages } = open(target, PATIENT);
    await until(() => server!.requests === 5);
    await stopAll();
    expect(counts).toMatchObject({ requests: 5, failed: 1, failuresByReason: { [reason]: 1 }, broken: 1, reopened: 1 });
    expect(breakages).toEqual([{ reason, waitedMs: expect.any(Number) }]);
    expect(server!.connections).toBe(2);
  });

  it('is broken when it hears nothing until the timeout, and sends nothing meanwhile', async () => {
    const target = await serve(() => {});
    const { counts, breakages } = open(target, IMPATIENT, () => void stopAll());
    await until(() => breakages.length > 0);
    expect(counts).toMatchObject({ requests: 1, failed: 1, failuresByReason: { timeout: 1 }, broken: 1, reopened: 0 });
    expect(breakages).toEqual([{ reason: 'timeout', waitedMs: expect.any(Number) }]);
    expect(breakages[0]!.waitedMs).toBeGreaterThan(IMPATIENT.timeoutMs - 2);
    expect(server!.requests).toBe(1);
  });

  it('is broken, without a failed request, when it is reset while idle', async () => {
    let serverSide: Socket | undefined;
    const target = await serve((socket) => {
      serverSide = socket;
      socket.write(KEPT_ALIVE);
    });
    const { counts, breakages } = open(target, ONCE);
    await until(() => counts.worstLatencyMs !== null);
    serverSide!.resetAndDestroy();
    await until(() => breakages.length > 0);
    await stopAll();
    expect(counts).toMatchObject({ requests: 1, failed: 0, failuresByReason: {}, broken: 1, reopened: 0 });
    expect(breakages).toEqual([{ reason: 'ECONNRESET', waitedMs: null }]);
  });

  it('is opened again, not broken, when the server says 408 to it while it is idle', async () => {
    let serverSide: Socket | undefined;
    const target = await serve((socket) => {
      serverSide = socket;
      socket.write(KEPT_ALIVE);
    });
    const { counts } = open(target, { ...PATIENT, intervalMs: 500 });
    await until(() => counts.worstLatencyMs !== null);
    serverSide!.end(REQUEST_TIMEOUT);
    await until(() => counts.requests === 2);
    await stopAll();
    expect(counts).toMatchObject({ ...NOTHING_WRONG, requests: 2, reopened: 1 });
  });

  it('is broken once when the server goes away, and has only failed requests from then on', async () => {
    const target = await serve((socket, number) => (number === 2 ? void server!.stop() : socket.write(KEPT_ALIVE)));
    const { counts } = open(target, PATIENT);
    await until(() => counts.failed >= 4);
    await stopAll();
    server = undefined;
    const refused = counts.failed - 1;
    expect(counts).toMatchObject({
      failuresByReason: { ECONNRESET: 1, ECONNREFUSED: refused },
      broken: 1,
      reopened: 0,
    });
  });

  it('is not broken by an answer that stalls for 300 ms, only slow', async () => {
    const target = await serve((socket) => void setTimeout(() => socket.write(KEPT_ALIVE), 300));
    const { counts } = open(target, PATIENT);
    await until(() => server!.requests === 2);
    await stopAll();
    expect(counts).toMatchObject({ ...NOTHING_WRONG, requests: 2, reopened: 0 });
    expect(counts.worstLatencyMs).toBeGreaterThan(290);
  });

  it('survives a failed request that was answered', async () => {
    const target = await serve((socket, number) =>
      socket.write(number === 2 ? 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n' : KEPT_ALIVE),
    );
    const { counts } = open(target, PATIENT);
    await until(() => server!.requests === 4);
    await stopAll();
    expect(counts).toMatchObject({
      requests: 4,
      failed: 1,
      failuresByReason: { 'status-503': 1 },
      broken: 0,
      reopened: 0,
    });
    expect(server!.connections).toBe(1);
  });

  it('was never there to break when nobody listens', async () => {
    const target = await serve(() => {});
    await server!.stop();
    server = undefined;
    const { counts, breakages } = open(target, PATIENT);
    await until(() => counts.failed >= 3);
    await stopAll();
    const { requests } = counts;
    expect(counts).toMatchObject({ failed: requests, failuresByReason: { ECONNREFUSED: requests }, broken: 0 });
    expect(counts.worstLatencyMs).toBeNull();
    expect(breakages).toEqual([]);
  });

  it('was never there to break when it is not accepted', async () => {
    const deaf = await startDeafServer();
    worker = deaf.worker;
    const others = Array.from({ length: 6 }, () => open(deaf.target, { ...ONCE, timeoutMs: 100 }).counts);
    await until(() => others.every(({ failed }) => failed > 0));
    const notAccepted = others.filter(({ failuresByReason }) => 'connect-timeout' in failuresByReason);
    expect(notAccepted).not.toEqual([]);
    for (const { broken } of notAccepted) expect(broken).toBe(0);
  });

  it('ends only when its outstanding request has', async () => {
    const target = await serve((socket) => void setTimeout(() => socket.write(KEPT_ALIVE), 100));
    const { counts } = open(target, PATIENT);
    await until(() => server!.requests === 1);
    await stopAll();
    expect(counts).toMatchObject({ ...NOTHING_WRONG, requests: 1 });
    expect(counts.worstLatencyMs).toBeGreaterThan(90);
  });

  it('sends nothing after it was stopped, even when its turn had come', async () => {
    const { counts } = open(await serve(() => {}), PATIENT);
    const stopped = new Promise<void>((resolve) => setTimeout(() => resolve(stopAll()), 20));
    // The turn and the stop are both due when the loop goes on.
    stall(100);
    await stopped;
    await nextTurnOfTheLoop();
    expect(counts.requests).toBe(0);
  });

  describe('of a prober that was stalled', () => {
    it('takes the answer that has come meanwhile, though it is beyond its timeout', async () => {
      const independent = await startIndependentServer(KEPT_ALIVE, 600_000);
      worker = independent.worker;
      const { counts } = open(independent.target, { ...PATIENT, timeoutMs: 500 });
      for (let times = 1; times <= 3; times += 1) {
        const { requests } = counts;
        await until(() => counts.requests > requests);
        stall(1_000);
      }
      await stopAll();
      expect(counts).toMatchObject(NOTHING_WRONG);
    });

    it('sees that the server has closed meanwhile before it sends the next request', async () => {
      const independent = await startIndependentServer(KEPT_ALIVE, 50);
      worker = independent.worker;
      const { counts } = open(independent.target, { ...PATIENT, intervalMs: 200 });
      await until(() => counts.worstLatencyMs !== null);
      stall(500);
      await until(() => counts.requests === 2);
      await stopAll();
      expect(counts).toMatchObject({ ...NOTHING_WRONG, requests: 2, reopened: 1 });
    });
  });
});
