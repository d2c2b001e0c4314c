import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** A request gets one line, when its answer is complete or its connection gone; those of health checks get none. */
export function logOnceAnswered(
  lines: Logger,
  { id: requestId, method, url }: FastifyRequest,
  reply: FastifyReply,
): void {
  if (url.startsWith('/health/')) return;
  const startMs = performance.now();
  const response = reply.raw;
  response.once('close', () => {
    const status = response.statusCode;
    const durationMs = Math.round(performance.now() - startMs);
    const line = { requestId, method, url, status, durationMs };
    if (status >= 500) lines.warn(line, 'request failed');
    else lines.info(line, response.writableEnded ? 'request completed' : 'request aborted');
  });
}
