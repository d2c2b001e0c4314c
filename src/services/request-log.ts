import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestMethod } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import { type DestinationStream, stdTimeFunctions } from 'pino';

/** JSON lines. A request gets one when its answer is complete; those of health checks get none. */
export function requestLog(node: string, stream: DestinationStream): Params {
  return {
    // nestjs-pino's own default is a pattern that @fastify/middie matches with `/` only.
    forRoutes: [{ path: '/{*path}', method: RequestMethod.ALL }],
    exclude: ['health/live', 'health/ready'],
    pinoHttp: [
      {
        base: { node },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // Lines carry the request's id, and not the whole request and response.
        quietReqLogger: true,
        quietResLogger: true,
        customAttributeKeys: { reqId: 'requestId', responseTime: 'durationMs' },
        customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'warn' : 'info'),
        customSuccessObject: lineOf,
        customErrorObject: (request, response, _error, line: { durationMs: number }) => lineOf(request, response, line),
        customErrorMessage: () => 'request failed',
      },
      stream,
    ],
  };
}

function lineOf(request: IncomingMessage, response: ServerResponse, { durationMs }: { durationMs: number }) {
  return { method: request.method, url: request.url, status: response.statusCode, durationMs };
}
