import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sendFreshRequest } from './fresh-request.js';
import { KeepAliveConnection } from './keep-alive-connection.js';
import type { Answer, KeepAliveCounts } from './probe-event.js';
import type { ProbeTarget } from './probe-target.js';
import { CLOSING, KEPT_ALIVE, startDeafServer } from './testing/scripted-server.js';
import { startTlsServer } from './testing/tls-server.js';

let server: Awaited<ReturnType<typeof startTlsServer>> | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** What a request comes to, by the time its connection is closed. */
async function ask(target: ProbeTarget, timeoutMs = 20_000): Promise<Answer> {
  const answers: Answer[] = [];
  const socket = sendFreshRequest(target, timeoutMs, (answer) => answers.push(answer));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(answers).toHaveLength(1);
  return answers[0]!;
}

describe('a request over TLS', () => {
  it('is answered, whoever the certificate is of, and asks for the host that is named', async () => {
    let [text, servername]: [string, string | false | null] = ['', null];
    server = await startTlsServer((socket, request) => {
      [text, servername] = [request, socket.servername];
      socket.end(CLOSING);
    });
    expect(await ask(server.target('app.example'))).toMatchObject({
      outcome: 'ok',
      status: 200,
      backend: 'backend-01',
    });
    expect(text).toMatch(/^GET \/frontend HTTP\/1.1\r\nHost: app\.example\r\n/);
    expect(servername).toBe('app.example');
  });

  it('has failed when the connection ends in the middle', async () => {
    server = await startTlsServer((socket) => socket.end(CLOSING.slice(0, -1)));
    expect(await ask(server.target())).toMatchObject({ outcome: 'failed', reason: 'closed-mid-response' });
  });

  it('times out where nothing is said', async () => {
    server = await startTlsServer(() => {});
    expect(await ask(server.target(), 100)).toMatchObject({ outcome: 'failed', reason: 'timeout' });
  });

  it('times out where nobody shakes hands', async () => {
    const { worker, target } = await startDeafServer();
    expect(await ask({ ...target, hasTls: true }, 100)).toMatchObject({ outcome: 'failed', reason: 'timeout' });
    await worker.terminate();
  });
});

const counting = (): KeepAliveCounts => ({
  ...{ connections: 1, requests: 0, failed: 0, failuresByReason: {}, broken: 0, reopened: 0, worstLatencyMs: null },
});

it('a keep-alive connection that nobody shakes hands with was never there, and has not broken', async () => {
  const { worker, target } = await startDeafServer();
  const counts = counting();
  const settings = { connections: 1, intervalMs: 5, timeoutMs: 100 };
  const connection = new KeepAliveConnection({ ...target, hasTls: true }, settings, counts, () => {});
  connection.start(0);
  while (counts.failed < 1) await nextTurnOfTheLoop();
  await connection.stop();
  await worker.terminate();
  expect(counts).toMatchObject({ broken: 0, reopened: 0, failuresByReason: { 'connect-timeout': counts.failed } });
});

it('a keep-alive connection over TLS is one for all its requests', async () => {
  const connections = new Set<TLSSocket>();
  server = await startTlsServer((socket) => {
    connections.add(socket);
    socket.write(KEPT_ALIVE);
  });
  const counts = counting();
  const settings = { connections: 1, intervalMs: 5, timeoutMs: 20_000 };
  const connection = new KeepAliveConnection(server.target(), settings, counts, () => {});
  connection.start(0);
  while (counts.requests < 4) await nextTurnOfTheLoop();
  await connection.stop();
  expect(connections.size).toBe(1);
  expect(counts).toMatchObject({ failed: 0, broken: 0 });
});
