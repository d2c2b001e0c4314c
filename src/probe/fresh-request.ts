import type { Socket } from 'node:net';
import { abandon, openConnection, requestText } from './http-connection.js';
import { answerOf, HttpResponseReader, withoutResponse } from './http-response.js';
import type { Answer } from './probe-event.js';
import type { ProbeTarget } from './probe-target.js';

/** The system's errors that say that this machine is short of something: the request never left it. */
const LOCAL_SHORTAGES = new Set(['EADDRNOTAVAIL', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * Sends one GET on a connection of its own. The server is left to close first: were it us, each request would hold one
 * of our ports in TIME_WAIT, and a minute at 500 requests/s would use up all of them.
 * @param timeoutMs how long from now both the answer and the server's close may take
 * @param ended called exactly once, when the answer is complete or cannot come any more
 * @param heard called with each piece of the answer
 * @returns the connection, which is closed some time after `ended` was called, within the timeout
 */
export function sendFreshRequest(
  target: ProbeTarget,
  timeoutMs: number,
  ended: (answer: Answer) => void,
  heard: () => void = () => {},
): Socket {
  const response = new HttpResponseReader();
  let pending = true;
  const end = (answer: Answer) => {
    if (!pending) return;
    pending = false;
    ended(answer);
  };
  const endIfRead = () => {
    if (response.state === 'complete') end(answerOf(response));
    if (response.state === 'malformed') {
      end(withoutResponse('failed', 'bad-response'));
      abandon(socket);
    }
  };

  const socket = openConnection(target, (text) => {
    if (!pending) return;
    heard();
    response.push(text);
    endIfRead();
  });
  socket.on('end', () => {
    response.close();
    endIfRead();
    end(withoutResponse('failed', response.begun ? 'closed-mid-response' : 'closed-before-response'));
    socket.destroy();
  });
  socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) =>
    end(withoutResponse(LOCAL_SHORTAGES.has(code) ? 'unsent' : 'failed', code)),
  );
  socket.write(requestText(target, 'close'));

  const giveUp = () => {
    if (socket.connecting) {
      end(withoutResponse('failed', 'connect-timeout'));
      socket.destroy();
    } else {
      end(withoutResponse('failed', 'timeout'));
      abandon(socket);
    }
  };
  // After a stall of the prober its timers run before its sockets are read. An answer that came in time must win.
  const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
  socket.on('close', () => clearTimeout(timer));
  return socket;
}
