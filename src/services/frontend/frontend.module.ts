import { Agent } from 'node:http';
import { HttpModule } from '@nestjs/axios';
import { type DynamicModule, Module } from '@nestjs/common';
import { FrontendSettings } from '../service-settings.js';
import { BackendClient } from './backend-client.js';
import { FrontendController } from './frontend.controller.js';
import { httpAdapter } from './http-adapter.js';

/** Shorter than HAProxy keeps an idle connection to a client (4 s): no request meets a connection just being closed. */
const IDLE_CONNECTION_TIMEOUT_MS = 3_000;

@Module({ controllers: [FrontendController], providers: [BackendClient] })
export class FrontendModule {
  static of(settings: FrontendSettings): DynamicModule {
    const connections = new Agent({ keepAlive: true, timeout: IDLE_CONNECTION_TIMEOUT_MS });
    return {
      module: FrontendModule,
      imports: [HttpModule.register({ adapter: httpAdapter(connections) })],
      providers: [
        { provide: FrontendSettings, useValue: settings },
        { provide: Agent, useValue: connections },
      ],
    };
  }
}
