import { connect, type Socket } from 'node:net';
import type { ProbeTarget } from './probe-target.js';

/** One for all connections: a piece is copied out before the next one is read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1_024);

/** @param onText gets what the server sends, bytes as latin1 */
export function openConnection(target: ProbeTarget, onText: (text: string) => void): Socket {
  return connect({
    host: target.address,
    port: target.port,
    onread: {
      buffer: readBuffer,
      callback: (length) => {
        onText(readBuffer.toString('latin1', 0, length));
        return true;
      },
    },
  });
}

export function requestText(target: ProbeTarget, connection: 'close' | 'keep-alive'): string {
  return [
    `GET ${target.path} HTTP/1.1`,
    `Host: ${target.address}:${target.port}`,
    'User-Agent: ha-demo-probe',
    'Accept: application/json',
    `Connection: ${connection}`,
    '\r\n',
  ].join('\r\n');
}
