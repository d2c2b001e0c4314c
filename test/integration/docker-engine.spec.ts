import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectToEngine, type Engine, execute } from '../../src/lab/compose/docker-engine.js';
import { theEngine } from '../support/engine-host.js';

const LATE_MS = 700;
const HEAD_END = '\r\n\r\n';

/** The engine as a busy host has it: what commands in containers write arrives after the engine knows that they have ended. */
class LateEngine {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly folder: string,
    private readonly server: Server,
  ) {}

  static async before(socketPath: string): Promise<LateEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'ha-demo-late-engine-'));
    const server = createServer();
    const late = new LateEngine(folder, server);
    server.on('connection', (client) => late.forward(client, createConnection(socketPath)));
    await new Promise<void>((resolve) => server.listen(late.socketPath, resolve));
    return late;
  }

  get socketPath(): string {
    return join(this.folder, 'docker.sock');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true });
  }

  private forward(client: Socket, engine: Socket): void {
    let isLate = false;
    /** Of the answer to the start of a command, which may come in pieces; undefined when it has gone on. */
    let head: Buffer | undefined = Buffer.alloc(0);
    const sendLate = (output: Buffer) => setTimeout(() => client.write(output), LATE_MS);
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
    }
    client.on('data', (chunk) => {
      isLate ||= /^POST \/exec\/\w+\/start /.test(chunk.toString('latin1'));
      engine.write(chunk);
    });
    client.on('end', () => engine.end());
    engine.on('data', (chunk) => {
      if (!isLate) {
        client.write(chunk);
      } else if (!head) {
        sendLate(chunk);
      } else {
        head = Buffer.concat([head, chunk]);
        const outputAt = head.indexOf(HEAD_END) + HEAD_END.length;
        if (outputAt < HEAD_END.length) return;
        client.write(head.subarray(0, outputAt));
        if (outputAt < head.length) sendLate(head.subarray(outputAt));
        head = undefined;
      }
    });
    engine.on('end', () => setTimeout(() => client.end(), isLate ? LATE_MS : 0));
  }
}

describe('a command in a container', () => {
  let late: LateEngine;
  let container: ReturnType<Engine['getContainer']>;

  beforeAll(async () => {
    const engine: Engine = await theEngine();
    const { socketPath } = engine.modem as unknown as { socketPath: string };
    late = await LateEngine.before(socketPath);
    const entrypoint = { Entrypoint: ['sleep', '300'], HostConfig: { AutoRemove: true } };
    const made = await engine.createContainer({ Image: 'ha-demo/service', ...entrypoint });
    await made.start();
    const dockerHost = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = `unix://${late.socketPath}`;
    container = (await connectToEngine({ dockerHost: process.env['DOCKER_HOST'] })).getContainer(made.id);
    if (dockerHost === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = dockerHost;
  }, 60_000);

  afterAll(async () => {
    await container?.remove({ force: true });
    await late?.stop();
  });

  test('is heard to its end, though the engine knows earlier that it has ended', async () => {
    expect(await execute(container, ['echo', 'heard'])).toBe('heard\n');
  });

  test('that fails says why', async () => {
    await expect(execute(container, ['sh', '-c', 'echo reason >&2; exit 3'])).rejects.toThrow(/exit code 3: reason/);
  });
});
