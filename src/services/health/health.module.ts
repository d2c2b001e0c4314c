import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceSettings } from '../service-settings.js';
import { Draining } from './draining.js';
import { HealthController } from './health.controller.js';

@Module({ controllers: [HealthController], providers: [Draining] })
export class HealthModule {
  static of(settings: ServiceSettings): DynamicModule {
    return { module: HealthModule, providers: [{ provide: ServiceSettings, useValue: settings }] };
  }
}
