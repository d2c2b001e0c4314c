import { Controller, Get, Header, type StreamableFile } from '@nestjs/common';
import { downloadOf } from '../download.js';
import { ServiceSettings } from '../service-settings.js';

/** The backend is for programs: it has no page, and `/` is a path like any other that is not there. */
@Controller()
export class BackendController {
  constructor(private readonly settings: ServiceSettings) {}

  @Get('backend')
  answer(): { backend: string } {
    return { backend: this.settings.node };
  }

  /** Says at its beginning that its connection ends with it: whether the service closes meanwhile is not known then. */
  @Get('backend/download')
  @Header('connection', 'close')
  download(): StreamableFile {
    return downloadOf(this.answer());
  }
}
