import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServiceSettings } from '../service-settings.js';

/**
 * A clean stop: the readiness check fails while the service goes on serving, so that HAProxy has stopped sending
 * requests by the time Nest closes the server. Requests that are still in flight after `closeTimeoutMs` are cut off.
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
    this.logger.log(`${signal ?? 'Stop'}: not ready any more, serving for another ${drainMs} ms`);
    await sleep(drainMs);
    this.logger.log('Closing');
    this.cutOff = setTimeout(() => {
      this.logger.warn(`Connections still open after ${closeTimeoutMs} ms are cut off`);
      this.host.httpAdapter.getHttpServer().closeAllConnections();
    }, closeTimeoutMs);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.cutOff);
  }
}
