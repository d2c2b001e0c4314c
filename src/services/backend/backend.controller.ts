import { Controller, Get } from '@nestjs/common';
import { ServiceSettings } from '../service-settings.js';

/** The backend is for programs: it has no page, and `/` is a path like any other that is not there. */
@Controller()
export class BackendController {
  constructor(private readonly settings: ServiceSettings) {}

  @Get('backend')
  answer(): { backend: string } {
    return { backend: this.settings.node };
  }
}
