import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceSettings } from '../service-settings.js';
import { BackendController } from './backend.controller.js';

@Module({ controllers: [BackendController] })
export class BackendModule {
  static of(settings: ServiceSettings): DynamicModule {
    return { module: BackendModule, providers: [{ provide: ServiceSettings, useValue: settings }] };
  }
}
