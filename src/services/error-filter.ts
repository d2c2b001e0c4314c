import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_CONTENT_TYPE, prettyJson } from './pretty-json.js';

/** Answers a failed request, on both tiers: `{"error": "for a person", "path": "/asked-for", "requestId": "..."}`. */
export function sendError(request: FastifyRequest, reply: FastifyReply, status: number, error: string): void {
  const answer = prettyJson({ error, path: pathOf(request), requestId: request.id });
  void reply.status(status).type(JSON_CONTENT_TYPE).send(answer);
}

@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (!(exception instanceof HttpException)) {
      this.logger.error({ requestId: request.id, err: exception });
      sendError(request, reply, 500, 'The service failed to answer this request');
    } else if (exception.getStatus() !== 404) {
      sendError(request, reply, exception.getStatus(), exception.message);
    } else if (isRoute(request)) {
      void reply.header('allow', 'GET, HEAD');
      sendError(request, reply, 405, `${request.method} is not allowed here, only GET and HEAD`);
    } else {
      sendError(request, reply, 404, 'Nothing is at this path');
    }
  }
}

/** All routes are GET routes without parameters: one that exists and was not found was asked for with another method. */
function isRoute(request: FastifyRequest): boolean {
  return request.server.hasRoute({ method: 'GET', url: pathOf(request) });
}

/** Without the query. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] as string;
}
