import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { type Browser, connect, type ConnectionTransport } from 'puppeteer-core';
import type { Cluster } from '../../../src/cluster/cluster.js';

const IMAGE = 'ha-demo/test-browser';
const FOLDER = new URL('.', import.meta.url).pathname;

/**
 * Debian's headless Chromium in a container, which `close()` removes.
 * @param network the lab's LAN, where a client would be; `host` for what listens on the loopback
 */
export async function openBrowser(cluster: Pick<Cluster, 'name'>, network = `${cluster.name}_lan`): Promise<Browser> {
  const debian = process.env['HA_DEMO_DEBIAN_IMAGE'] ?? 'debian:trixie-slim';
  const buildNetwork = process.env['HA_DEMO_BUILD_NETWORK'] ?? 'default';
  await promisify(execFile)(
    'docker',
    ['build', '--tag', IMAGE, '--network', buildNetwork, '--build-arg', `DEBIAN_IMAGE=${debian}`, FOLDER],
    { maxBuffer: 64 * 2 ** 20 },
  );
  const container = spawn(
    'docker',
    [
      ...['run', '--rm', '--interactive', '--init', '--network', network],
      ...['--label', `com.docker.compose.project=${cluster.name}`],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only', '--tmpfs', '/tmp'],
      ...['--shm-size', '256m', IMAGE],
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  return connect({ transport: new PipeTransport(container), defaultViewport: { width: 390, height: 844 } });
}

/** The DevTools protocol over a pipe: JSON messages, each with a zero byte at its end. */
class PipeTransport implements ConnectionTransport {
  onmessage?: (message: string) => void;
  onclose?: () => void;
  private pending = '';

  constructor(private readonly process: ChildProcessByStdio<Writable, Readable, null>) {
    process.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (this.pending + chunk).split('\0');
      this.pending = messages.pop()!;
      for (const message of messages) this.onmessage?.(message);
    });
    process.once('close', () => this.onclose?.());
  }

  send(message: string): void {
    this.process.stdin.write(`${message}\0`);
  }

  close(): void {
    this.process.stdin.end();
  }
}
