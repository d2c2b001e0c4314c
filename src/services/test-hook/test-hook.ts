import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pathOf, sendError } from '../error-filter.js';
import { ServiceSettings } from '../service-settings.js';
import { AppFaults, loadAppFaults } from './app-faults.js';

/** The path of app-faults.json, see `APP_FAULTS_FILE` of src/node/contract.ts. */
export const APP_FAULTS_FILE_TOKEN = Symbol('app faults file');

/**
 * Makes a service fail while its health checks stay green, which nothing from outside can do to it: on SIGUSR2 it reads
 * app-faults.json, and from then on the tier's own paths have these faults, until the next SIGUSR2 or a restart.
 */
@Injectable()
export class TestHook implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(TestHook.name);
  private faults = new AppFaults();
  /** Since the faults were read, those for `errorPath` left out. */
  private requests = 0;

  constructor(
    private readonly settings: ServiceSettings,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    @Inject(APP_FAULTS_FILE_TOKEN) private readonly appFaultsFile: string,
  ) {}

  onModuleInit(): void {
    process.on('SIGUSR2', this.readFaults);
    // After the request log has seen the request, and before it is known whether anything is at its path.
    this.host.httpAdapter
      .getInstance()
      .addHook('preHandler', (request, reply, done) => this.inject(request, reply, done));
  }

  /** Not earlier: without a listener the signal would end a service that drains. */
  onApplicationShutdown(): void {
    process.off('SIGUSR2', this.readFaults);
  }

  readonly readFaults = (): void => {
    try {
      this.faults = loadAppFaults(this.appFaultsFile);
      this.requests = 0;
      this.logger.log(`Test hook: ${this.faults.inWords()}`);
    } catch (error) {
      this.logger.error(`Test hook: unchanged, since ${(error as Error).message}`);
    }
  };

  private inject(request: FastifyRequest, reply: FastifyReply, proceed: () => void): void {
    const path = pathOf(request);
    const { tier } = this.settings;
    if (path !== `/${tier}` && !path.startsWith(`/${tier}/`)) return proceed();

    const answer = this.isToFail(path)
      ? () => sendError(request, reply, 500, 'The test hook makes this request fail')
      : proceed;
    if (this.faults.delayMs === 0) return answer();
    const delay = setTimeout(answer, this.faults.delayMs);
    // Clients that have given up must not add up.
    reply.raw.once('close', () => clearTimeout(delay));
  }

  private isToFail(path: string): boolean {
    const { errorRate, errorPath } = this.faults;
    if (path === errorPath) return true;
    this.requests += 1;
    return Math.floor(this.requests * errorRate) > Math.floor((this.requests - 1) * errorRate);
  }
}
