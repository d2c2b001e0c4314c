import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  type MessageEvent,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Req,
  Res,
  Sse,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Observable } from 'rxjs';
import { Access } from './access.js';
import type { LiveConsole } from './live-console.js';
import type { CatalogueEntry } from './page-event.js';
import { PAGE, type ConsolePage } from './page-files.js';
import { SHOWN, type Shown } from './shown.js';
import { BreakWishBody, DrillWishBody } from './wishes.js';

/** A report is a page with code of its own: it gets no part of this origin. */
const REPORT_POLICY =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** What the page asks for. AccessGuard has seen each request before. */
@Controller()
export class ConsoleController {
  constructor(
    private readonly access: Access,
    @Inject(SHOWN) private readonly shown: Shown,
    @Inject(PAGE) private readonly page: ConsolePage,
  ) {}

  /** The link's ticket becomes a cookie, and leaves the address bar. */
  @Get()
  open(@Query('ticket') ticket: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (typeof ticket === 'string' && this.access.redeem(ticket)) {
      void reply.header('set-cookie', this.access.cookie).redirect('/', 303);
      return;
    }
    if (!this.access.hasCookie(request))
      throw new ForbiddenException('Open the link that ./ha-demo console has printed; each opens it once.');
    void reply.type('text/html; charset=utf-8').send(this.page.html(this.shown.mode, this.access.token));
  }

  @Get('page.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  code(): string {
    return this.page.code;
  }

  @Get('page.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return this.page.style;
  }

  @Sse('events')
  events(@Headers('last-event-id') lastId = ''): Observable<MessageEvent> {
    const { feed } = this.live;
    return new Observable((subscriber) => feed.subscribe(lastId, (id, data) => subscriber.next({ id, data })));
  }

  /** Of a replay: all of its events. */
  @Get('recording')
  @Header('content-type', 'application/json; charset=utf-8')
  recording(): string {
    if (this.shown.mode !== 'replay') throw new NotFoundException('it is no replay');
    return this.shown.recording;
  }

  @Get('catalogue')
  catalogue(): CatalogueEntry[] {
    return this.live.catalogue();
  }

  @Get('reports/:number')
  report(@Param('number', ParseIntPipe) number: number, @Res() reply: FastifyReply): void {
    const html = this.live.report(number);
    if (html === undefined) throw new NotFoundException(`there is no report ${number}`);
    void reply.type('text/html; charset=utf-8').header('content-security-policy', REPORT_POLICY).send(html);
  }

  @Post('break')
  @HttpCode(204)
  break(@Body() wish: BreakWishBody): Promise<void> {
    return this.hands.break(wish);
  }

  @Post('drill')
  @HttpCode(204)
  drill(@Body() wish: DrillWishBody): Promise<void> {
    return this.hands.drill(wish);
  }

  @Post('heal')
  @HttpCode(204)
  heal(): Promise<void> {
    return this.hands.heal();
  }

  private get live(): LiveConsole {
    if (this.shown.mode === 'replay') throw new NotFoundException('it is a replay');
    return this.shown.live;
  }

  private get hands(): LiveConsole {
    if (this.shown.mode !== 'live') throw new ForbiddenException('this console is read-only');
    return this.shown.live;
  }
}
