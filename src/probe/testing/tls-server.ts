import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { parseTarget, type ProbeTarget } from '../probe-target.js';

/** Its own, of nobody else's use. */
const CERTIFICATE = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbRZVAD3lMpAXsQL0
XmyHk77iLDgTZ+ebHB8mCNsQCW2hRANCAAR9lQ3cb8nI1NaMdsA9YtdT7ANpCZP9
vKCKEidqJehDo4fhq+0Mk3iB7q7HKEoFekAwgN6gI7hm22StByQsSYV8
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIURK0+T8VNt85d02CqJqzf+0bjl5EwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKcHJvYmUtdGVzdDAgFw0yNjExMjkyMDM3NDBaGA8yMTI2MTEw
NTIwMzc0MFowFTETMBEGA1UEAwwKcHJvYmUtdGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABH2VDdxvycjU1ox2wD1i11PsA2kJk/28oIoSJ2ol6EOjh+Gr7QyT
eIHurscoSgV6QDCA3qAjuGbbZK0HJCxJhXyjUzBRMB0GA1UdDgQWBBRK5ASXmIR2
HbhDXRtWYjuwTMQAxDAfBgNVHSMEGDAWgBRK5ASXmIR2HbhDXRtWYjuwTMQAxDAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCICARgpVLUN0lOK2gWgeH
s6Lw2FouOloxmwpW0ReDcnhlAiEA5o//0Az6qF4ZK3lLtS1iTMUz7sTRsD4nU8kr
6FmswWc=
-----END CERTIFICATE-----`;

/** A server on loopback that speaks TLS. @param onRequest gets the connection of a request, and its text */
export async function startTlsServer(
  onRequest: (socket: TLSSocket, request: string) => void,
): Promise<{ target: (host?: string) => ProbeTarget; stop: () => Promise<void> }> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ key: CERTIFICATE, cert: CERTIFICATE }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => onRequest(socket, data.toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    target: (host) => parseTarget(`https://127.0.0.1:${port}/frontend`, host),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
