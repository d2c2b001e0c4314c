import type { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { DestinationStream, Logger } from 'pino';
import { APP_FAULTS_FILE } from '../node/contract.js';
import { sendError } from './error-filter.js';
import { JSON_CONTENT_TYPE, prettyJson } from './pretty-json.js';
import { requestIdOf } from './request-id.js';
import { logOnceAnswered } from './request-log.js';
import { ServiceLogger } from './service-logger.js';
import { ServiceModule } from './service.module.js';
import type { ServiceSettings } from './service-settings.js';

/** Longer than HAProxy keeps an idle connection to a server, so that no request meets a connection just being closed. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/**
 * The service of a node, not yet listening.
 * @param appFaultsFile what the test hook reads, see TestHook
 */
export async function createService(
  settings: ServiceSettings,
  logStream: DestinationStream,
  appFaultsFile = APP_FAULTS_FILE,
): Promise<NestFastifyApplication> {
  const logger = new ServiceLogger(settings.node, logStream);
  const module = ServiceModule.of(settings, appFaultsFile);
  return NestFactory.create<NestFastifyApplication>(module, fastifyAdapter(logger.lines), {
    logger,
    bodyParser: false,
  });
}

function fastifyAdapter(lines: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // What still arrives while the service closes is answered as usual.
    return503OnClosing: false,
    genReqId: requestIdOf,
    clientErrorHandler: answerMalformedRequest,
    // The router's own complaints, about a URL that cannot be decoded, come before any hook and filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      setCommonHeaders(request, reply);
      sendError(request, reply, error.statusCode ?? 400, error.message);
    },
  });
  const fastify = adapter.getInstance();
  fastify.setReplySerializer(prettyJson);

  // No route takes a body: without parsers none is read, whatever its type, and the answer is 404 or 405.
  fastify.removeAllContentTypeParsers();

  fastify.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    logOnceAnswered(lines, request, reply);
    done();
  });

  // Fastify does this for requests that arrive while it closes. Those in flight by then need it too: Node would keep
  // their connections open after the answer, and wait for them.
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });
  return adapter;
}

function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id).header('cache-control', 'no-store');
}

/** For what Node's HTTP parser refuses: there is no request yet, only a connection. */
function answerMalformedRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return;
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The headers are too large']
      : ['400 Bad Request', 'This is not a valid HTTP request'];
  const body = prettyJson({ error: message });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: ${JSON_CONTENT_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
