import { networkInterfaces } from 'node:os';
import { InvalidInputError } from '../common/errors.js';
import { OpenLoopProbe } from './open-loop-probe.js';
import { parseProbeArguments, type ProbeArguments } from './probe-arguments.js';
import type { ProbeEvent } from './probe-event.js';

const FLUSH_INTERVAL_MS = 100;

/**
 * `node dist/probe/main.js --url http://192.168.99.10/frontend --lan 192.168.99.0/24 [...]`: one run of the probe,
 * its events as JSON lines on the standard output. Exit codes: 0 after a summary, also when stopped early by SIGTERM or
 * SIGINT; 2 for bad input, before anything is sent.
 */
async function main(): Promise<void> {
  const { settings, samples, stopOnStdinClose } = readArguments();
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  process.on('SIGINT', () => stop.abort());
  // Nobody listens any more.
  process.stdout.on('error', () => stop.abort());
  if (stopOnStdinClose) process.stdin.on('close', () => stop.abort()).resume();

  let lines = '';
  const flush = () => {
    if (lines !== '') process.stdout.write(lines);
    lines = '';
  };
  const flushing = setInterval(flush, FLUSH_INTERVAL_MS);
  const print = (event: ProbeEvent) => {
    if (event.event !== 'sample' || samples) lines += `${JSON.stringify(event)}\n`;
  };

  await new OpenLoopProbe(settings, print).run(stop.signal);
  clearInterval(flushing);
  flush();
  if (stopOnStdinClose) process.stdin.destroy();
}

function readArguments(): ProbeArguments {
  try {
    return parseProbeArguments(process.argv.slice(2), process.env['HA_DEMO_LAN'], networkInterfaces());
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    process.stderr.write(`probe: ${error.message}\n`);
    process.exit(error.exitCode);
  }
}

await main();
