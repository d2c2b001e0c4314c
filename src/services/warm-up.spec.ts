import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FrontendSettings, ServiceSettings } from './service-settings.js';
import { ServiceLog } from './service-log.js';
import { warmUp } from './warm-up.js';

const COMMON = { node: 'node-01', port: 1, drainMs: 60_000, closeTimeoutMs: 100 };

const openServers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPServerWrap');

describe('a warm-up', () => {
  it('takes its time, and leaves nothing behind', async () => {
    const [openBefore, listenersBefore] = [openServers(), process.listenerCount('SIGUSR2')];
    const began = performance.now();
    await warmUp(Object.assign(new ServiceSettings(), { ...COMMON, tier: 'backend', warmUpMs: 200 }), new ServiceLog());
    expect(performance.now() - began).toBeGreaterThanOrEqual(200);
    // Node closes handles a little later; a test that waits forever has failed.
    while (openServers().length > openBefore.length) await nextTurn();
    expect(process.listenerCount('SIGUSR2')).toBe(listenersBefore);
  });

  it('of a frontend asks no real backend', async () => {
    let requests = 0;
    const backend = createServer((_request, response) => {
      requests += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}/backend`;
    const statistics = { port: 8080, publishedTierPort: 8010, publishedPort: 8011 };
    await warmUp(
      Object.assign(new FrontendSettings(), {
        ...COMMON,
        tier: 'frontend',
        warmUpMs: 100,
        backend: { url, attempts: 2, attemptTimeoutMs: 1000 },
        statistics,
      }),
      new ServiceLog(),
    );
    backend.close();
    expect(requests).toBe(0);
  });

  it('of 0 ms is none', async () => {
    const began = performance.now();
    await warmUp(Object.assign(new ServiceSettings(), { ...COMMON, tier: 'backend', warmUpMs: 0 }), new ServiceLog());
    expect(performance.now() - began).toBeLessThan(5);
  });
});
