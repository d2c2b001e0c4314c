import type { Socket } from 'node:net';
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DownloadConnection } from './download-connection.js';
import type { DownloadCounts } from './probe-event.js';
import type { ProbeTarget } from './probe-target.js';
import { CLOSING, type RequestHandler, ScriptedServer, startDeafServer } from './testing/scripted-server.js';

let server: ScriptedServer | undefined;
let worker: Worker | undefined;
const downloads: DownloadConnection[] = [];

afterEach(async () => {
  jest.useRealTimers();
  downloads.splice(0).forEach((download) => download.stop());
  await server?.stop();
  await worker?.terminate();
  server = worker = undefined;
});

async function serve(onRequest: RequestHandler): Promise<ProbeTarget> {
  server = await ScriptedServer.start(onRequest);
  return server.target;
}

/** `breakages` grows as it breaks. */
function start(target: ProbeTarget, silenceMs = 60_000) {
  const counts: DownloadCounts = { connections: 1, completed: 0, broken: 0, failuresByReason: {} };
  const breakages: { reason: string; waitedMs: number | null }[] = [];
  const download = new DownloadConnection(target, silenceMs, counts, (breakage) => breakages.push(breakage));
  downloads.push(download);
  download.start(0);
  return { counts, breakages, download };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurnOfTheLoop();
}

/** The deadline is long. Only setTimeout is replaced, so that sockets work as ever. */
function fakeTimeouts(): void {
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval'],
  });
}

const isFailed = ({ failuresByReason }: DownloadCounts) => Object.keys(failuresByReason).length > 0;

describe('a download', () => {
  it('is renewed when it is complete, on a connection of its own each time', async () => {
    const requests: string[] = [];
    const target = await serve((socket, _number, request) => {
      requests.push(request);
      // In two pieces.
      socket.write(CLOSING.slice(0, -9));
      setImmediate(() => socket.end(CLOSING.slice(-9)));
    });
    const { counts, breakages, download } = start(target);
    await until(() => counts.completed === 3);
    download.stop();
    expect(counts).toEqual({ connections: 1, completed: 3, broken: 0, failuresByReason: {} });
    expect(breakages).toEqual([]);
    expect(server!.connections).toBe(server!.requests);
    expect(requests[0]).toMatch(/^GET \/frontend HTTP\/1.1\r\n(.*\r\n)*Connection: close\r\n\r\n$/);
  });

  it.each([
    ['resets it', 'ECONNRESET', (socket: Socket) => socket.resetAndDestroy()],
    ['closes it before its answer', 'closed-before-response', (socket: Socket) => socket.end()],
    ['closes it in the middle', 'closed-mid-response', (socket: Socket) => socket.end(CLOSING.slice(0, -1))],
    ['answers something that is not HTTP', 'bad-response', (socket: Socket) => socket.write('220 ready\r\n\r\n')],
  ])('is broken when the server %s, and begins again after a while', async (_name, reason, misbehave) => {
    let beganAgainMs = 0;
    const target = await serve((socket, number) => {
      if (number === 1) return misbehave(socket);
      beganAgainMs ||= performance.now();
      socket.end(CLOSING);
    });
    const { counts, breakages, download } = start(target);
    await until(() => breakages.length > 0);
    const brokenMs = performance.now();
    await until(() => counts.completed > 0);
    download.stop();
    expect(counts).toMatchObject({ broken: 1, failuresByReason: { [reason]: 1 } });
    expect(breakages).toEqual([{ reason, waitedMs: expect.any(Number) }]);
    expect(beganAgainMs - brokenMs).toBeGreaterThan(200);
  });

  it('is not broken, only failed, when it is answered with an error', async () => {
    const target = await serve((socket, number) =>
      socket.end(number === 1 ? 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n' : CLOSING),
    );
    const { counts, breakages, download } = start(target);
    await until(() => counts.completed > 0);
    download.stop();
    expect(counts).toMatchObject({ broken: 0, failuresByReason: { 'status-503': 1 } });
    expect(breakages).toEqual([]);
  });

  it('was never there to break when nobody listens', async () => {
    const target = await serve(() => {});
    await server!.stop();
    server = undefined;
    const { counts, breakages, download } = start(target);
    await until(() => (counts.failuresByReason['ECONNREFUSED'] ?? 0) === 2);
    download.stop();
    expect(counts).toEqual({ connections: 1, completed: 0, broken: 0, failuresByReason: { ECONNREFUSED: 2 } });
    expect(breakages).toEqual([]);
  });

  it('was never there to break when it is not accepted until its deadline', async () => {
    const deaf = await startDeafServer();
    worker = deaf.worker;
    fakeTimeouts();
    const others = Array.from({ length: 6 }, () => start(deaf.target).counts);
    jest.advanceTimersByTime(0);
    jest.advanceTimersByTime(10_000);
    await until(() => others.every(isFailed));
    const notAccepted = others.filter(({ failuresByReason }) => 'connect-timeout' in failuresByReason);
    expect(notAccepted).not.toEqual([]);
    for (const { broken } of notAccepted) expect(broken).toBe(0);
  });

  it('is broken when nothing more is heard of it', async () => {
    const target = await serve((socket, number) => {
      if (number === 1) return socket.write(CLOSING.slice(0, -9));
      // Slow, but not silent.
      [...CLOSING.slice(-9)].forEach((byte, index) => setTimeout(() => socket.write(byte), index * 50));
      setTimeout(() => socket.end(), 450);
      return socket.write(CLOSING.slice(0, -9));
    });
    const { counts, breakages } = start(target, 200);
    await until(() => counts.completed > 0);
    expect(counts).toMatchObject({ broken: 1, failuresByReason: { timeout: 1 } });
    expect(breakages).toEqual([{ reason: 'timeout', waitedMs: expect.any(Number) }]);
    expect(breakages[0]!.waitedMs).toBeGreaterThanOrEqual(200);
  });

  it('is broken when it is not complete after 10 s', async () => {
    const target = await serve((socket) => socket.write(CLOSING.slice(0, -1)));
    fakeTimeouts();
    const { counts, breakages } = start(target);
    jest.advanceTimersByTime(0);
    await until(() => server!.requests === 1);
    jest.advanceTimersByTime(9_999);
    for (let turn = 0; turn < 10; turn += 1) await nextTurnOfTheLoop();
    expect(counts).toMatchObject({ broken: 0, failuresByReason: {} });
    jest.advanceTimersByTime(1);
    await until(() => breakages.length > 0);
    expect(counts).toMatchObject({ completed: 0, broken: 1, failuresByReason: { timeout: 1 } });
  });

  it('counts as neither when it is cut short by the end of the probe, and is not renewed', async () => {
    let serverSide: Socket | undefined;
    const target = await serve((socket) => {
      serverSide = socket;
      socket.write(CLOSING.slice(0, -1));
    });
    const { counts, breakages, download } = start(target);
    await until(() => serverSide !== undefined);
    const cut = new Promise((resolve) => serverSide!.on('close', resolve));
    download.stop();
    await cut;
    expect(counts).toEqual({ connections: 1, completed: 0, broken: 0, failuresByReason: {} });
    expect(breakages).toEqual([]);
    expect(server!.connections).toBe(1);
  });

  it('counts as neither, too, when the probe ends at its deadline', async () => {
    const target = await serve(() => {});
    fakeTimeouts();
    const { counts, breakages, download } = start(target);
    jest.advanceTimersByTime(0);
    await until(() => server!.requests === 1);
    jest.advanceTimersByTime(10_000);
    download.stop();
    for (let turn = 0; turn < 10; turn += 1) await nextTurnOfTheLoop();
    expect(counts).toMatchObject({ broken: 0, failuresByReason: {} });
    expect(breakages).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not begun again after the end of the probe, either', async () => {
    const target = await serve((socket) => socket.resetAndDestroy());
    fakeTimeouts();
    const { breakages, download } = start(target);
    jest.advanceTimersByTime(0);
    await until(() => breakages.length > 0 && jest.getTimerCount() === 1);
    download.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
