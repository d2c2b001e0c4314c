import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../common/duration.js';
import { InvalidInputError } from '../common/errors.js';
import type { ProbeEvent } from '../probe/probe-event.js';
import type { OpenLab } from '../session/open-lab.js';
import type { ContextSource } from './context.js';
import { urlOfTier } from './target.js';

/** A client that waits longer than this has given up. */
const TIMEOUT_MS = 1_000;
const SLOW_MS = 100;

interface Answer {
  latencyMs: number;
  failure?: string;
  frontend?: string;
  backend?: string | null;
}

export function watchCommand(contextOf: ContextSource): Command {
  return new Command('watch')
    .description('ask the frontend again and again: one line per answer, failures in colour')
    .option('--interval <duration>', 'from one request to the next; 100ms to 1s for a pair (default: 500ms)', interval)
    .option('--count <n>', 'stop after so many requests (default: never)', count)
    .addHelpText('after', '\nExamples:\n  $ ./ha-demo watch\n  $ ./ha-demo watch --interval 100ms --count 100')
    .action(async ({ interval: intervalMs = 500, count: most = Infinity }: { interval?: number; count?: number }) => {
      const context = contextOf();
      if (context.pair) return watchPair(await context.pair.open(), intervalMs, most);
      const url = await urlOfTier(context, 'frontend');
      console.log(`GET ${url} every ${intervalMs} ms, Ctrl-C ends it\n`);
      const interrupted = new AbortController();
      process.once('SIGINT', () => interrupted.abort());
      let requests = 0;
      let failures = 0;
      while (requests < most && !interrupted.signal.aborted) {
        const time = new Date();
        const answer = await ask(url);
        requests += 1;
        failures += answer.failure === undefined ? 0 : 1;
        console.log(line(time, answer));
        await pause(Math.max(0, intervalMs - answer.latencyMs), undefined, { signal: interrupted.signal }).catch(
          () => undefined,
        );
      }
      console.log(`\n${requests} requests, ${failures} failed`);
    });
}

/** By the clients of its drills. */
async function watchPair({ cluster, probes }: OpenLab, intervalMs: number, most: number): Promise<void> {
  const rate = Math.round(1_000 / intervalMs);
  if (rate < 1 || rate > 10)
    throw new InvalidInputError(
      `--interval: ${intervalMs}ms must be 100ms to 1s for a pair, whose clients are those of drills`,
    );
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let [requests, failures, startedAtMs] = [0, 0, 0];
  const flags = [...probes.asking!, '--rate', String(rate), '--duration', '1h', '--timeout', `${TIMEOUT_MS}ms`];
  const quiet = ['--samples', '--keep-alive', '0', '--downloads', '0'];
  const show = (event: ProbeEvent) => {
    if (event.event === 'started') {
      startedAtMs = event.wallClockMs;
      console.log(`GET ${event.url} ${rate} times a second, Ctrl-C ends it\n`);
    }
    if (event.event !== 'sample' || requests >= most) return;
    const { outcome, reason, latencyMs, backend, dueMs } = event;
    requests += 1;
    failures += outcome === 'ok' ? 0 : 1;
    console.log(
      line(new Date(startedAtMs + dueMs), {
        latencyMs: latencyMs ?? 0,
        ...(outcome !== 'ok' && { failure: reason ?? outcome }),
        ...(backend !== null && { backend }),
      }),
    );
    if (requests === most) stop.abort();
  };
  while (!stop.signal.aborted) await probes.inLan(cluster, [...flags, ...quiet], show, stop.signal);
  console.log(`\n${requests} requests, ${failures} failed`);
}

/** Each request has a connection of its own, as that of a new visitor. */
async function ask(url: string): Promise<Answer> {
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  try {
    const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = (await response.json()) as { frontend?: string; backend?: string | null; error?: string };
    const failure = response.ok ? {} : { failure: `HTTP ${response.status}: ${body.error ?? response.statusText}` };
    return { latencyMs: elapsed(), ...failure, ...body };
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string } };
    return {
      latencyMs: elapsed(),
      failure: name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS} ms` : (cause?.code ?? message),
    };
  }
}

function line(time: Date, { latencyMs, failure, frontend, backend }: Answer): string {
  const clock = time.toTimeString().slice(0, 8) + time.toISOString().slice(19, 23);
  const latency = `${latencyMs.toFixed(1).padStart(7)} ms`;
  if (failure !== undefined) return styleText('red', `${clock} ${latency}  FAILED  ${failure}`);
  const answered = frontend === undefined ? (backend ?? '') : `${frontend} -> ${backend}`;
  return `${clock} ${latencyMs > SLOW_MS ? styleText('yellow', latency) : latency}  ${answered}`.trimEnd();
}

function interval(value: string): number {
  const ms = parseDurationMs(value);
  if (ms === undefined || ms < 10 || ms > 60_000)
    throw new InvalidArgumentError('must be a duration from 10ms to 60s, such as 250ms');
  return ms;
}

function count(value: string): number {
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new InvalidArgumentError('must be a whole number from 1 to 9999999');
  return Number(value);
}
