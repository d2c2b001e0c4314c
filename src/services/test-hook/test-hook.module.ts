import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceSettings } from '../service-settings.js';
import { APP_FAULTS_FILE_TOKEN, TestHook } from './test-hook.js';

@Module({ providers: [TestHook] })
export class TestHookModule {
  static of(settings: ServiceSettings, appFaultsFile: string): DynamicModule {
    return {
      module: TestHookModule,
      providers: [
        { provide: ServiceSettings, useValue: settings },
        { provide: APP_FAULTS_FILE_TOKEN, useValue: appFaultsFile },
      ],
    };
  }
}
