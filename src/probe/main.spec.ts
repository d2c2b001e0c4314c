import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Program } from '../common/testing/program.js';
import type { ProbeEvent, ProbeStarted, ProbeSummary } from './probe-event.js';
import { CLOSING, KEPT_ALIVE, type RequestHandler, ScriptedServer } from './testing/scripted-server.js';

const MAIN = new URL('./main.ts', import.meta.url).pathname;

let program: Program;
let server: ScriptedServer;
let onRequest: RequestHandler;
let url: string[];
const running: ChildProcess[] = [];

beforeAll(async () => {
  program = await Program.of(MAIN);
});

afterAll(() => program.remove());

beforeEach(async () => {
  onRequest = (socket, _number, request) =>
    request.includes('Connection: close') ? socket.end(CLOSING) : socket.write(KEPT_ALIVE);
  server = await ScriptedServer.start((...request) => onRequest(...request));
  url = ['--url', server.target.url];
});

afterEach(async () => {
  running.splice(0).forEach((child) => child.kill('SIGKILL'));
  await server.stop();
});

function start(flags: string[], env: NodeJS.ProcessEnv = {}, shell: string[] = []) {
  const command = [...shell, process.execPath, program.file, ...flags];
  const child = spawn(command[0]!, command.slice(1), { env: { PATH: process.env['PATH'], ...env } });
  running.push(child);
  const exit = once(child, 'exit').then(([code, signal]: unknown[]) => code ?? signal);
  return { child, exit, errors: text(child.stderr) };
}

async function eventsOf({ child }: { child: ChildProcess }): Promise<ProbeEvent[]> {
  const events: ProbeEvent[] = [];
  for await (const line of createInterface({ input: child.stdout! })) events.push(JSON.parse(line) as ProbeEvent);
  return events;
}

/** A run that would take an hour. */
const LONG = ['--duration', '1h', '--samples'];

const firstSample = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => line.startsWith('{"event":"sample"') && resolve());
  });

describe('the probe, as a process', () => {
  it('prints its events and ends by itself, as soon as all is answered', async () => {
    const run = ['--rate', '50', '--duration', '500ms', '--keep-alive', '2', '--samples'];
    const probe = start([
      ...url,
      ...run,
      '--timeout',
      '5s',
      '--keep-alive-timeout',
      '5s',
      '--keep-alive-interval',
      '1m',
    ]);
    const events = await eventsOf(probe);
    expect(await probe.exit).toBe(0);
    const [started] = events as [ProbeStarted];
    expect(Date.now() - started.wallClockMs).toBeLessThan(4_000);
    expect(await probe.errors).toBe('');
    expect(events[0]!.event).toBe('started');
    const summary = events.at(-1) as ProbeSummary;
    expect(summary).toMatchObject({ event: 'summary', failed: 0, keepAlive: { connections: 2, failed: 0, broken: 0 } });
    expect(events.filter(({ event }) => event === 'sample')).toHaveLength(25);
  });

  it('keeps the samples to itself unless asked', async () => {
    const probe = start([...url, '--rate', '50', '--duration', '200ms']);
    const events = new Set((await eventsOf(probe)).map(({ event }) => event));
    expect([...events].filter((event) => event !== 'tick')).toEqual(['started', 'summary']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends early on %s, with a summary', async (signal) => {
    const probe = start([...url, ...LONG, '--stop-on-stdin-close']);
    const events = eventsOf(probe);
    await firstSample(probe.child);
    probe.child.kill(signal);
    expect(await probe.exit).toBe(0);
    expect((await events).at(-1)).toMatchObject({ event: 'summary', failed: 0 });
  });

  it('ends early when its input ends, if asked, with a summary', async () => {
    const probe = start([...url, ...LONG, '--stop-on-stdin-close']);
    const events = eventsOf(probe);
    await firstSample(probe.child);
    probe.child.stdin.end();
    expect(await probe.exit).toBe(0);
    expect((await events).at(-1)).toMatchObject({ event: 'summary', failed: 0 });
  });

  it('does not mind the end of its input otherwise', async () => {
    const probe = start([...url, '--duration', '300ms']);
    probe.child.stdin.end();
    expect((await eventsOf(probe)).at(-1)).toMatchObject({ event: 'summary', durationMs: 300 });
  });

  it('ends when nobody reads its output any more', async () => {
    const probe = start([...url, ...LONG]);
    await firstSample(probe.child);
    probe.child.stdout.destroy();
    expect(await probe.exit).toBe(0);
  });

  it('calls a request that it had no file descriptor for unsent', async () => {
    onRequest = () => {};
    const shell = ['sh', '-c', 'ulimit -n 40 && exec "$@"', 'sh'];
    const probe = start([...url, '--duration', '500ms', '--timeout', '1s', '--keep-alive', '0'], {}, shell);
    const summary = (await eventsOf(probe)).at(-1) as ProbeSummary;
    expect(summary.unsentByReason['EMFILE']).toBeGreaterThan(0);
    expect(summary.failuresByReason).toEqual({ timeout: summary.sent });
  });

  it.each([
    [
      'a bad flag',
      () => [...url, '--rate', '9999'],
      {},
      'probe: --rate: "9999" must be a whole number from 1 to 5000\n',
    ],
    [
      'a target outside the lab',
      () => ['--url', 'http://192.0.2.1/'],
      { HA_DEMO_LAN: '192.168.99.0/24' },
      "probe: --url: 192.0.2.1 must be a host address in the lab's network 192.168.99.0/24 (--lan)\n",
    ],
  ])('refuses %s in one line, and sends nothing', async (_name, flags, env, message) => {
    const probe = start(flags(), env);
    expect(await eventsOf(probe)).toEqual([]);
    expect(await probe.errors).toBe(message);
    expect(await probe.exit).toBe(2);
    expect(server.connections).toBe(0);
  });
});
