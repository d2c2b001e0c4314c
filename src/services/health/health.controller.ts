import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Draining } from './draining.js';

@Controller('health')
export class HealthController {
  constructor(private readonly draining: Draining) {}

  @Get('live')
  live() {
    return { status: 'live' };
  }

  /**
   * Whether HAProxy should send requests here. The backend tier has no part in it: while that is gone a frontend still
   * has an answer, a clear 503, and if all frontends declared themselves unready there would be none.
   */
  @Get('ready')
  ready(@Res({ passthrough: true }) reply: FastifyReply) {
    if (!this.draining.hasBegun) return { status: 'ready' };
    void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: 'draining' };
  }
}
