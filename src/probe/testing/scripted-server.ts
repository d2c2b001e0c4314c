import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { parseTarget, type ProbeTarget } from '../probe-target.js';

const BODY = '{"backend":"backend-01","frontend":"frontend-02"}';

export const KEPT_ALIVE = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
export const CLOSING = KEPT_ALIVE.replace('OK\r\n', 'OK\r\nConnection: close\r\n');

/** Gets the connection of a request, the request's number on this server, from 1, and its text. */
export type RequestHandler = (socket: Socket, requestNumber: number, request: string) => void;

/** A server on loopback, bare enough to misbehave in every way. */
export class ScriptedServer {
  connections = 0;
  requests = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (data) => {
      this.requests += 1;
      this.onRequest(socket, this.requests, data.toString());
    });
  });

  private constructor(private readonly onRequest: RequestHandler) {}

  static async start(onRequest: RequestHandler): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(onRequest);
    scripted.server.listen(0, '127.0.0.1');
    await once(scripted.server, 'listening');
    return scripted;
  }

  get target(): ProbeTarget {
    return loopbackTarget((this.server.address() as AddressInfo).port);
  }

  /** Resets what is still open. */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.resetAndDestroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

export function loopbackTarget(port: number): ProbeTarget {
  return parseTarget(`http://127.0.0.1:${port}/frontend`);
}

/** Blocks this thread, as a prober that gets no CPU is blocked. */
export function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A server that goes on while this thread is blocked: gives its answer, and closes `closeAfterMs` later. */
export function startIndependentServer(
  answer: string,
  closeAfterMs: number,
): Promise<{ worker: Worker; target: ProbeTarget }> {
  return startWorker(`
    const server = createServer((socket) => socket.on('error', () => {}).on('data', () => {
      socket.write(${JSON.stringify(answer)});
      setTimeout(() => socket.end(), ${closeAfterMs});
    }));
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`);
}

/** A server that listens but never accepts, and whose queue takes only one or two connections. */
export function startDeafServer(): Promise<{ worker: Worker; target: ProbeTarget }> {
  return startWorker(`
    const server = createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    });`);
}

async function startWorker(script: string): Promise<{ worker: Worker; target: ProbeTarget }> {
  const imports = `const { createServer } = require('node:net'); const { parentPort } = require('node:worker_threads');`;
  const worker = new Worker(imports + script, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  return { worker, target: loopbackTarget(port) };
}
