import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServiceSettings } from '../service-settings.js';

/** Of `drainMs`: for so long no request may have arrived when the service closes. */
const QUIET_SHARE = 1 / 4;

/**
 * A clean stop: the readiness check fails while the service goes on serving, so that HAProxy has stopped sending
 * requests by the time Nest closes the server. On a busy host HAProxy notices late: while requests arrive the service goes on
 * for as much as `closeTimeoutMs` more. Requests that are still in flight `closeTimeoutMs` later are cut off.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(Draining.name);
  private cutOff?: NodeJS.Timeout;
  hasBegun = false;

  constructor(
    private readonly settings: ServiceSettings,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
  ) {}

  async beforeApplicationShutdown(signal?: string): Promise<void> {
    const { drainMs, closeTimeoutMs } = this.settings;
    this.hasBegun = true;
    const server = this.host.httpAdapter.getHttpServer<Server>();
    let askedAtMs = performance.now();
    server.on('request', ({ url }: IncomingMessage) => {
      if (!url?.startsWith('/health/')) askedAtMs = performance.now();
    });
    this.logger.log(`${signal ?? 'Stop'}: not ready any more, serving for another ${drainMs} ms`);
    await sleep(drainMs);
    const deadlineMs = performance.now() + closeTimeoutMs;
    const quietAtMs = () => askedAtMs + drainMs * QUIET_SHARE;
    while (performance.now() < Math.min(quietAtMs(), deadlineMs)) await sleep(quietAtMs() - performance.now());
    if (performance.now() < quietAtMs()) this.logger.warn('Requests still arrive');
    this.logger.log('Closing');
    this.cutOff = setTimeout(() => {
      this.logger.warn(`Connections still open after ${closeTimeoutMs} ms are cut off`);
      server.closeAllConnections();
    }, closeTimeoutMs);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.cutOff);
  }
}
