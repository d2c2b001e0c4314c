import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { BackendModule } from './backend/backend.module.js';
import { ErrorFilter } from './error-filter.js';
import { FrontendModule } from './frontend/frontend.module.js';
import { HealthModule } from './health/health.module.js';
import { FrontendSettings, type ServiceSettings } from './service-settings.js';
import { TestHookModule } from './test-hook/test-hook.module.js';

/** The service of one node: its tier's module, and what both tiers share. */
@Module({})
export class ServiceModule {
  static of(settings: ServiceSettings, appFaultsFile: string): DynamicModule {
    return {
      module: ServiceModule,
      imports: [
        HealthModule.of(settings),
        TestHookModule.of(settings, appFaultsFile),
        settings instanceof FrontendSettings ? FrontendModule.of(settings) : BackendModule.of(settings),
      ],
      providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
    };
  }
}
