import { Agent } from 'node:http';
import { HttpModule } from '@nestjs/axios';
import { type DynamicModule, Module } from '@nestjs/common';
import { FrontendSettings } from '../service-settings.js';
import { BackendClient } from './backend-client.js';
import { FrontendController } from './frontend.controller.js';

/** Shorter than HAProxy keeps an idle connection to a client (4 s): no request meets a connection just being closed. */
const IDLE_CONNECTION_TIMEOUT_MS = 3_000;

/** What axios sets. With another value the two would set it anew by turns, a system call or two for every request. */
const TCP_KEEP_ALIVE_MS = 60_000;

@Module({ controllers: [FrontendController], providers: [BackendClient] })
export class FrontendModule {
  static of(settings: FrontendSettings): DynamicModule {
    const connections = new Agent({
      keepAlive: true,
      keepAliveMsecs: TCP_KEEP_ALIVE_MS,
      timeout: IDLE_CONNECTION_TIMEOUT_MS,
    });
    return {
      module: FrontendModule,
      imports: [
        HttpModule.register({
          httpAgent: connections,
          proxy: false,
          maxRedirects: 0,
        }),
      ],
      providers: [
        { provide: FrontendSettings, useValue: settings },
        { provide: Agent, useValue: connections },
      ],
    };
  }
}
