import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  type ExceptionFilter,
  HttpException,
  Module,
  ValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { InvalidInputError } from '../common/errors.js';
import { DeadlineExceededError } from '../common/wait-until.js';
import { HealFailedError, oneLine } from '../drill/break-and-mend.js';
import { Access, AccessGuard } from './access.js';
import { ConsoleController } from './console.controller.js';
import { type ConsolePage, PAGE } from './page-files.js';
import { SHOWN, type Shown } from './shown.js';

const HOST = '127.0.0.1';
/** Wishes are short. */
const BODY_LIMIT_BYTES = 4_096;

/** Nothing from outside, nothing in other sites' frames, no code but the page's own file. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Says in one line what is wrong with a request. */
@Catch()
export class OneLineFilter implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const isExpected = [InvalidInputError, HealFailedError, DeadlineExceededError].some(
      (kind) => error instanceof kind,
    );
    const status = error instanceof HttpException ? error.getStatus() : isExpected ? 409 : 500;
    if (status === 500) console.error(`ha-demo: console: ${error.stack}`);
    void reply.status(status).send({ message: oneLine(error) });
  }
}

@Module({})
class ConsoleModule {}

/**
 * Serves a console on the loopback, to whoever has its link.
 * @returns what ends it
 * @throws InvalidInputError when the port is taken
 */
export async function serveConsole(
  shown: Shown,
  page: ConsolePage,
  port: number,
  access: Access,
): Promise<() => Promise<void>> {
  const adapter = new FastifyAdapter({ forceCloseConnections: true, bodyLimit: BODY_LIMIT_BYTES });
  adapter.getInstance().addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS);
    done();
  });
  const validation = new ValidationPipe({
    ...{ whitelist: true, forbidNonWhitelisted: true },
    exceptionFactory: (errors) =>
      new BadRequestException(errors.flatMap(({ constraints }) => Object.values(constraints ?? {})).join('; ')),
  });
  const module = {
    module: ConsoleModule,
    controllers: [ConsoleController],
    providers: [
      { provide: Access, useValue: access },
      { provide: SHOWN, useValue: shown },
      { provide: PAGE, useValue: page },
      { provide: APP_GUARD, useValue: new AccessGuard(access) },
      { provide: APP_PIPE, useValue: validation },
      { provide: APP_FILTER, useClass: OneLineFilter },
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: false });
  await app.listen(port, HOST).catch(async (error: NodeJS.ErrnoException) => {
    await app.close();
    if (error.code === 'EADDRINUSE')
      throw new InvalidInputError(`--port: ${port} is taken on ${HOST}; another one from 1024 to 65535 is allowed`);
    throw error;
  });
  return () => app.close();
}
