import { connect, isIP, type Socket } from 'node:net';
import { connect as connectWithTls, TLSSocket } from 'node:tls';
import type { ProbeTarget } from './probe-target.js';

/** One for all connections: a piece is copied out before the next one is read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1_024);

/** @param onText gets what the server sends, bytes as latin1 */
export function openConnection(target: ProbeTarget, onText: (text: string) => void): Socket {
  if (target.hasTls) return openTlsConnection(target, onText);
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

/** Who owns the certificate is no question of availability. */
function openTlsConnection({ address, port, host }: ProbeTarget, onText: (text: string) => void): Socket {
  const [name] = host.split(':');
  const socket = connectWithTls({
    ...{ host: address, port, rejectUnauthorized: false },
    ...(isIP(name!) === 0 && { servername: name }),
  });
  socket.on('data', (data: Buffer) => onText(data.toString('latin1')));
  return socket;
}

/** Once, when a server can be asked over it. */
export function onceEstablished(socket: Socket, action: () => void): void {
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', action);
}

/** Ends a connection without waiting for its other side: with a reset, where there is no TLS. */
export function abandon(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

export function requestText(target: ProbeTarget, connection: 'close' | 'keep-alive'): string {
  return [
    `GET ${target.path} HTTP/1.1`,
    `Host: ${target.host}`,
    'User-Agent: ha-demo-probe',
    'Accept: application/json',
    `Connection: ${connection}`,
    '\r\n',
  ].join('\r\n');
}
