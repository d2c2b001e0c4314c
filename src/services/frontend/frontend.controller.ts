import { Controller, Get, Header, HttpStatus, Req, Res, type StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable, tap } from 'rxjs';
import { downloadOf } from '../download.js';
import { FrontendSettings } from '../service-settings.js';
import { type BackendAnswer, BackendClient } from './backend-client.js';
import { renderPage } from './page.js';

/** Which nodes answered; with `backend` null and an error, and status 503, when no backend did. */
export type FrontendAnswer = BackendAnswer & { frontend: string };

@Controller()
export class FrontendController {
  constructor(
    private readonly backend: BackendClient,
    private readonly settings: FrontendSettings,
  ) {}

  @Get('frontend')
  answer(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Observable<FrontendAnswer> {
    return this.backend.ask(request.id).pipe(
      tap(({ backend }) => {
        if (backend === null) void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
      }),
      map((answer) => ({ ...answer, frontend: this.settings.node })),
    );
  }

  /** The same answer as a page for a person, which goes on asking. */
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Observable<string> {
    return this.answer(request, reply).pipe(map((answer) => renderPage(answer, this.statisticsSeenBy(request))));
  }

  /** As that of the backend, which has no part in it. */
  @Get('frontend/download')
  @Header('connection', 'close')
  download(): StreamableFile {
    return downloadOf({ frontend: this.settings.node });
  }

  private statisticsSeenBy({ hostname, port }: FastifyRequest): string {
    const { statistics } = this.settings;
    return `${hostname}:${port === statistics.publishedTierPort ? statistics.publishedPort : statistics.port}`;
  }
}
