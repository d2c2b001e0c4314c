import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** The header that a POST has to have, with the token that the page was given. */
const TOKEN_HEADER = 'x-console-token';

const newTicket = () => randomBytes(24).toString('base64url');

/** Who may use the console: whoever has its link, from a page of its own, and nobody through another site's page. */
export class Access {
  /** For the page, which sends it with each POST: other sites cannot read it. */
  readonly token: string;
  private readonly session: string;
  private ticket = newTicket();
  private readonly hosts: string[];

  /**
   * @param secret what cookies are made of: with the same one, a console that is started again knows the browsers from before
   * @param onTicketUsed is called when the link has been used up: there is a new one then
   */
  constructor(
    private readonly port: number,
    secret: string,
    private readonly onTicketUsed: () => void = () => {},
  ) {
    const made = (what: string) => createHmac('sha256', secret).update(`${what} ${port}`).digest('base64url');
    [this.token, this.session] = [made('token'), made('cookie')];
    this.hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  }

  /** What opens the console, once. */
  get link(): string {
    return `http://${this.hosts[0]}/?ticket=${this.ticket}`;
  }

  /** Browsers keep cookies by host, not by port: two consoles need two names. `Strict`: no other site's link or form brings it. */
  get cookie(): string {
    return `${this.cookieName}=${this.session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** @returns whether the ticket was the one of the link; it is none any more then */
  redeem(ticket: string): boolean {
    if (!isSame(ticket, this.ticket)) return false;
    this.ticket = newTicket();
    this.onTicketUsed();
    return true;
  }

  /** A site whose name leads here by its owner's DNS still says its own name. */
  hasOwnHost({ headers }: FastifyRequest): boolean {
    return this.hosts.includes(headers.host ?? '');
  }

  hasCookie({ headers }: FastifyRequest): boolean {
    const cookies = (headers.cookie ?? '').split('; ').map((pair) => pair.split('='));
    return cookies.some(([name, value]) => name === this.cookieName && isSame(value ?? '', this.session));
  }

  /** @returns why a request that changes something is refused */
  refusalOfPost({ headers }: FastifyRequest): string | undefined {
    if (headers.origin !== `http://${headers.host}`) return 'Origin: must be the console itself';
    if (headers['content-type'] !== 'application/json') return 'Content-Type: must be application/json';
    if (!isSame(String(headers[TOKEN_HEADER] ?? ''), this.token)) return `${TOKEN_HEADER}: is not that of this console`;
    return undefined;
  }

  private get cookieName(): string {
    return `ha-demo-console-${this.port}`;
  }
}

/** Holds every request against the access. The page itself says who may see it: it is what the link leads to. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly access: Access) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const refusal = this.refusalOf(request);
    if (refusal !== undefined) throw new ForbiddenException(refusal);
    return true;
  }

  private refusalOf(request: FastifyRequest): string | undefined {
    const { method, headers } = request;
    if (!this.access.hasOwnHost(request)) return 'Host: must be 127.0.0.1 or localhost, with the port of the console';
    const path = request.routeOptions.url;
    if (path === '/') return undefined;
    if (!this.access.hasCookie(request)) return 'Cookie: is missing; open the link that ./ha-demo console has printed';
    if (method === 'POST') return this.access.refusalOfPost(request);
    if (path === '/events' && headers['sec-fetch-site'] !== 'same-origin') return 'Sec-Fetch-Site: must be same-origin';
    return undefined;
  }
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
