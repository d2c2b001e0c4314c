import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../common/errors.js';
import { Access } from './access.js';
import { serveConsole } from './console-server.js';
import { Feed } from './feed.js';
import type { LiveConsole } from './live-console.js';
import type { ConsolePage } from './page-files.js';
import type { Shown } from './shown.js';

const PAGE: ConsolePage = {
  ...{ code: 'void 0;', style: 'body {}' },
  html: (mode, token) => `<html data-mode="${mode}" data-token="${token}">`,
  exported: () => '',
};

/** What a session would be wished to do. */
class Wished {
  readonly feed = new Feed();
  readonly wishes: unknown[] = [];

  catalogue(): never[] {
    return [];
  }

  async break(wish: unknown): Promise<void> {
    this.wishes.push(wish);
    throw new InvalidInputError('kill-app on frontend-01 is broken: Heal first');
  }

  async drill(wish: unknown): Promise<void> {
    this.wishes.push(wish);
  }

  async heal(): Promise<void> {
    this.wishes.push('heal');
  }

  report(number: number): string | undefined {
    return number === 1 ? '<p>the report</p>' : undefined;
  }
}

let port: number;
let access: Access;
let live: Wished;
let close: () => Promise<void>;
let base: string;
let own: Record<string, string>;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: free } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return free;
}

async function serve(shown: (live: LiveConsole) => Shown): Promise<void> {
  port = await freePort();
  access = new Access(port, 'a secret');
  live = new Wished();
  close = await serveConsole(shown(live as unknown as LiveConsole), PAGE, port, access);
  base = `http://127.0.0.1:${port}`;
  own = {
    ...{ cookie: access.cookie.split(';')[0]!, origin: base, 'content-type': 'application/json' },
    'x-console-token': access.token,
  };
}

beforeEach(() => serve((console) => ({ mode: 'live', live: console })));
afterEach(() => close());

const get = (path: string, headers: Record<string, string> = own) =>
  fetch(`${base}${path}`, { headers, redirect: 'manual', signal: AbortSignal.timeout(5_000) });

const post = (path: string, body: unknown = {}, headers: Record<string, string> = own) =>
  fetch(`${base}${path}`, { method: 'POST', body: JSON.stringify(body), headers, signal: AbortSignal.timeout(5_000) });

/** The headers of the page itself, without one, or with another one. */
const otherwise = (changes: Record<string, string | undefined>) =>
  Object.fromEntries(
    Object.entries({ ...own, ...changes }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );

describe('the link', () => {
  it('becomes a cookie that no other site can use, once', async () => {
    const link = access.link.slice(base.length);
    const opened = await get(link, {});
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/']);
    expect(opened.headers.get('set-cookie')).toMatch(
      /^ha-demo-console-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect((await get(link, {})).status).toBe(403);
    const page = await get('/', { cookie: opened.headers.get('set-cookie')!.split(';')[0]! });
    expect(await page.text()).toBe(`<html data-mode="live" data-token="${access.token}">`);
  });

  it('opens a second browser as a new one', async () => {
    const first = access.link;
    await get(first.slice(base.length), {});
    expect(access.link).not.toBe(first);
    expect((await get(access.link.slice(base.length), {})).status).toBe(303);
  });

  it.each(['/', '/?ticket=x', '/?ticket=x&ticket=y', '/page.js', '/page.css', '/catalogue', '/reports/1', '/events'])(
    'is needed for %s',
    async (path) => {
      expect((await get(path, { 'sec-fetch-site': 'same-origin' })).status).toBe(403);
    },
  );
});

describe('the page', () => {
  it('may load its own files alone, and be in no other site', async () => {
    const { headers } = await get('/');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('shows reports apart from itself', async () => {
    const { headers } = await get('/reports/1');
    expect(headers.get('content-security-policy')).toMatch(/^sandbox allow-scripts; default-src 'none';/);
    expect((await get('/reports/2')).status).toBe(404);
    expect((await get('/reports/..%2f..%2fetc%2fpasswd')).status).toBe(400);
  });

  it('hears what happens, from where it was', async () => {
    live.feed.push([{ event: 'clock', atMs: 1 }]);
    const aborted = new AbortController();
    const response = await fetch(`${base}/events`, {
      headers: { ...own, 'sec-fetch-site': 'same-origin' },
      signal: aborted.signal,
    });
    const { value } = await response.body!.getReader().read();
    expect(Buffer.from(value!).toString()).toMatch(/id: [0-9a-f]{12}-1\ndata: \[\{"event":"clock","atMs":1\}\]/);
    aborted.abort();
  });
});

describe('a request from elsewhere', () => {
  it.each([
    ['with another Host', { host: 'ha-demo.example' }],
    ['with the Host of another port', { host: '127.0.0.1:1' }],
  ])('%s is refused, cookie or not', async (_what, changes) => {
    // fetch sets the Host itself: this is Node's own client.
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request({ ...{ port, path: '/', host: '127.0.0.1' }, headers: { ...own, ...changes } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it.each([
    ['without an Origin', { origin: undefined }],
    ['with the Origin of another site', { origin: 'http://evil.example' }],
    ['with the Origin of another port', { origin: 'http://127.0.0.1:1' }],
    ['with the Origin null', { origin: 'null' }],
    ['without the token', { 'x-console-token': undefined }],
    ['with another token', { 'x-console-token': 'x'.repeat(43) }],
    ['without the cookie', { cookie: undefined }],
    ['with the cookie of another console', { cookie: `ha-demo-console-1=${'x'.repeat(43)}` }],
    ['as a form', { 'content-type': 'text/plain' }],
  ])('that wants a fault %s is refused', async (_what, changes) => {
    const wish = { fault: 'kill-app', place: 'frontend-01' };
    expect((await post('/break', wish, otherwise(changes))).status).toBeGreaterThanOrEqual(403);
    expect(live.wishes).toEqual([]);
  });

  it.each([
    [{}],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('for the events is refused: %j', async (headers) => {
    expect((await get('/events', { ...own, ...headers })).status).toBe(403);
  });
});

describe('a wish', () => {
  it('is done', async () => {
    const wish = { fault: 'lossy-link 0.2', place: 'frontend-01', runs: 3 };
    expect((await post('/drill', wish)).status).toBe(204);
    expect((await post('/heal')).status).toBe(204);
    expect(live.wishes).toEqual([wish, 'heal']);
  });

  it('that cannot be done is answered in one line', async () => {
    const response = await post('/break', { fault: 'kill-app', place: 'frontend-01' });
    expect([response.status, await response.json()]).toEqual([
      409,
      { message: 'kill-app on frontend-01 is broken: Heal first' },
    ]);
  });

  it.each([
    [
      '/break',
      { fault: 'kill-app; reboot', place: 'frontend-01' },
      /^fault: kill-app; reboot must be one of the catalogue/,
    ],
    ['/break', { fault: 'kill-app' }, /place/],
    ['/break', { fault: 'kill-app', place: 'frontend-01', command: 'x' }, /command should not exist/],
    ['/drill', { fault: 'kill-app', place: 'frontend-01', runs: 0 }, /runs must not be less than 1/],
    ['/drill', { fault: 'kill-app', place: 'frontend-01', runs: 1.5 }, /runs must be an integer/],
  ])('%s %j is refused', async (path, body, message) => {
    const response = await post(path, body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toMatch(message);
    expect(live.wishes).toEqual([]);
  });
});

describe('a console without buttons', () => {
  it.each([
    ['/break', { fault: 'kill-app', place: 'frontend-01' }],
    ['/drill', { fault: 'kill-app', place: 'frontend-01', runs: 1 }],
    ['/heal', {}],
  ])('refuses %s when it is read-only', async (path, body) => {
    await close();
    await serve((console) => ({ mode: 'read-only', live: console }));
    expect((await post(path, body)).status).toBe(403);
    expect(live.wishes).toEqual([]);
  });

  it('has a recording in place of a lab', async () => {
    await close();
    await serve(() => ({ mode: 'replay', recording: '[]' }));
    expect(await (await get('/recording')).text()).toBe('[]');
    expect((await get('/catalogue')).status).toBe(404);
    expect((await post('/heal')).status).toBe(403);
  });
});

it('a port that is taken is named', async () => {
  const again = serveConsole({ mode: 'replay', recording: '[]' }, PAGE, port, new Access(port, 'x'));
  await expect(again).rejects.toThrow(
    `--port: ${port} is taken on 127.0.0.1; another one from 1024 to 65535 is allowed`,
  );
});
