import type { Socket } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sendFreshRequest } from './fresh-request.js';
import type { Answer } from './probe-event.js';
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

/** Long enough for any answer that comes at all. */
const PATIENTLY_MS = 20_000;
/** For what is expected to time out. */
const BRIEFLY_MS = 100;

const servers: ScriptedServer[] = [];
const workers: Worker[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

async function serve(onRequest: RequestHandler): Promise<ProbeTarget> {
  const server = await ScriptedServer.start(onRequest);
  servers.push(server);
  return server.target;
}

/** What the request comes to, by the time its connection is closed. */
async function ask(target: ProbeTarget, timeoutMs = PATIENTLY_MS): Promise<Answer> {
  const answers: Answer[] = [];
  const socket = sendFreshRequest(target, timeoutMs, (answer) => answers.push(answer));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(answers).toHaveLength(1);
  return answers[0]!;
}

const OK = { outcome: 'ok', reason: null, status: 200, frontend: 'frontend-02', backend: 'backend-01' };

const failed = (reason: string) => ({ outcome: 'failed', reason, status: null, frontend: null, backend: null });

describe('a fresh request', () => {
  it('is a GET that asks the server to close', async () => {
    let text = '';
    const target = await serve((socket, _number, request) => {
      text = request;
      socket.end(CLOSING);
    });
    await ask(target);
    expect(text).toBe(
      `GET /frontend HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\nUser-Agent: ha-demo-probe\r\n` +
        'Accept: application/json\r\nConnection: close\r\n\r\n',
    );
  });

  it('is ok with a good answer', async () => {
    expect(await ask(await serve((socket) => socket.end(CLOSING)))).toEqual(OK);
  });

  it('is ok with an answer that comes in pieces', async () => {
    const target = await serve((socket) => {
      socket.write(CLOSING.slice(0, 30));
      setTimeout(() => socket.end(CLOSING.slice(30)), 20);
    });
    expect(await ask(target)).toEqual(OK);
  });

  it('is ok with an answer that stalls for 300 ms and a client that waits', async () => {
    expect(await ask(await serve((socket) => void setTimeout(() => socket.end(CLOSING), 300)))).toEqual(OK);
  });

  it('leaves it to the server to close first', async () => {
    const order: string[] = [];
    const target = await serve((socket) => {
      socket.on('end', () => order.push('client closed'));
      socket.write(CLOSING);
      setTimeout(() => {
        order.push('server closes');
        socket.end();
      }, 50);
    });
    expect(await ask(target)).toEqual(OK);
    expect(order[0]).toBe('server closes');
  });

  it('resets the connection that the server leaves open after its answer', async () => {
    let reset: Promise<Error> | undefined;
    const target = await serve((socket) => {
      reset = new Promise((resolve) => socket.once('error', resolve));
      socket.write(KEPT_ALIVE);
    });
    expect(await ask(target, 1_000)).toEqual(OK);
    expect(await reset).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each([
    ['a reset', 'ECONNRESET', (socket: Socket) => socket.resetAndDestroy()],
    ['a close without an answer', 'closed-before-response', (socket: Socket) => socket.end()],
    [
      'a close in the middle of the answer',
      'closed-mid-response',
      (socket: Socket) => socket.end(CLOSING.slice(0, -1)),
    ],
    ['something that is not HTTP', 'bad-response', (socket: Socket) => socket.end('220 ready\r\n\r\n')],
  ])('fails with %s: %s', async (_name, reason, onRequest) => {
    expect(await ask(await serve(onRequest))).toEqual(failed(reason));
  });

  it('fails with a reset in the middle of the answer', async () => {
    const target = await serve((socket) =>
      socket.write(CLOSING.slice(0, -1), () => setTimeout(() => socket.resetAndDestroy(), 50)),
    );
    expect(await ask(target)).toEqual(failed('ECONNRESET'));
  });

  it('fails with an error status, whose names are kept', async () => {
    const body = '{"backend":null,"frontend":"frontend-01"}';
    const target = await serve((socket) =>
      socket.end(`HTTP/1.1 503 Service Unavailable\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    expect(await ask(target)).toEqual({
      outcome: 'failed',
      reason: 'status-503',
      status: 503,
      frontend: 'frontend-01',
      backend: null,
    });
  });

  it('fails with a page instead of JSON', async () => {
    const target = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n<p>hello</p>'));
    expect(await ask(target)).toEqual({ ...failed('bad-body'), status: 200 });
  });

  it('fails when nobody listens', async () => {
    const server = await ScriptedServer.start(() => {});
    const { target } = server;
    await server.stop();
    expect(await ask(target)).toEqual(failed('ECONNREFUSED'));
  });

  it('times out when no answer comes', async () => {
    expect(await ask(await serve(() => {}), BRIEFLY_MS)).toEqual(failed('timeout'));
  });

  it('times out when the answer does not end', async () => {
    expect(await ask(await serve((socket) => socket.write(CLOSING.slice(0, -1))), BRIEFLY_MS)).toEqual(
      failed('timeout'),
    );
  });

  it('times out when the connection is not even accepted', async () => {
    const { worker, target } = await startDeafServer();
    workers.push(worker);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(target, BRIEFLY_MS)));
    expect(answers).toContainEqual(failed('connect-timeout'));
  });

  it('is ok when the answer came in time, but the prober was stalled beyond the timeout', async () => {
    const { worker, target } = await startIndependentServer(CLOSING, 0);
    workers.push(worker);
    const answer = await new Promise((resolve) => {
      const socket = sendFreshRequest(target, 500, resolve);
      socket.once('connect', () => stall(1_000));
    });
    expect(answer).toEqual(OK);
  });
});
