import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createService } from './create-service.js';
import type { ServiceLog } from './service-log.js';
import { FrontendSettings, ServiceSettings } from './service-settings.js';

/**
 * Asks a private copy of the service, on the loopback, for `warmUpMs`. Node compiles what runs often: requests of a process
 * that has just started take about twice the processor time of later ones, and a busy tier would fail behind them. Half of
 * the time it rests: its host carries the load of those that serve.
 * @param log of the process, not yet open
 */
export async function warmUp(settings: ServiceSettings, log: ServiceLog): Promise<void> {
  const { warmUpMs } = settings;
  if (warmUpMs === 0) return;
  const backend = await listening(Object.assign(new ServiceSettings(), settings, { tier: 'backend', drainMs: 0 }), log);
  const copies = [backend];
  if (settings instanceof FrontendSettings) {
    const url = `${backend.url}/backend`;
    const copy = Object.assign(new FrontendSettings(), settings, { backend: { ...settings.backend, url }, drainMs: 0 });
    copies.push(await listening(copy, log));
  }
  try {
    await askFor(`${copies.at(-1)!.url}/${settings.tier}`, warmUpMs);
  } finally {
    for (const { service } of copies.reverse()) await service.close();
  }
}

async function listening(settings: ServiceSettings, log: ServiceLog) {
  const service = await createService(settings, log);
  await service.listen(0, '127.0.0.1');
  return { service, url: await service.getUrl() };
}

async function askFor(url: string, durationMs: number): Promise<void> {
  const connections = new Agent({ keepAlive: true });
  const end = performance.now() + durationMs;
  try {
    for (let askedAt = performance.now(); askedAt < end; askedAt = performance.now()) {
      const [response] = (await once(get(url, { agent: connections }), 'response')) as [IncomingMessage];
      await once(response.resume(), 'end');
      await pause(performance.now() - askedAt);
    }
  } finally {
    connections.destroy();
  }
}
