import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceSettings } from '../service-settings.js';
import { TestHook } from './test-hook.js';

@Module({ providers: [TestHook] })
export class TestHookModule {
  static of(settings: ServiceSettings): DynamicModule {
    return { module: TestHookModule, providers: [{ provide: ServiceSettings, useValue: settings }] };
  }
}
