import { Controller, Get, Header, HttpStatus, Req, Res, type StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { downloadOf } from '../download.js';
import { FrontendSettings } from '../service-settings.js';
import { BackendClient } from './backend-client.js';
import { type FrontendAnswer, renderPage } from './page.js';

@Controller()
export class FrontendController {
  constructor(
    private readonly backend: BackendClient,
    private readonly settings: FrontendSettings,
  ) {}

  @Get('frontend')
  async answer(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FrontendAnswer> {
    const answer = await this.backend.ask(request.id);
    if (answer.backend === null) void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { ...answer, frontend: this.settings.node };
  }

  /** The same answer as a page for a person, which goes on asking. */
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  async page(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return renderPage(await this.answer(request, reply), this.statisticsSeenBy(request));
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
