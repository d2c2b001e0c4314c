import { join } from 'node:path';
import { build } from 'rolldown';
import { systemClock } from '../common/clock.js';
import type { Probes } from '../drill/drill-runner.js';
import { probeAt, type RunProbe } from '../drill/probe-process.js';
import { quoted } from '../lab/remote.js';
import { clientOnHost } from '../lab/client-command.js';
import type { SshAccess } from '../lab/hosts/access.js';
import { Host } from '../lab/hosts/host.js';
import { NoPower } from '../lab/hosts/power.js';
import type { ProbeStarted } from '../probe/probe-event.js';
import { projectFolder } from './settings.js';

const NAME = 'the host of the probe';

/** Clients of a cluster on hosts: on the host that its inventory names, or on this one. */
export function probesOf(access: SshAccess | undefined): Probes {
  const probe = access ? probeFrom(access) : probeAt(clientOnHost);
  return { inLan: probe, onHost: probe };
}

/** The probe on another host, which has Node.js; it gets the program each time, and keeps nothing. */
function probeFrom(access: SshAccess): RunProbe {
  const host = new Host(NAME, { ssh: access, power: new NoPower(NAME) }, '');
  return async (cluster, probeArguments, onEvent, signal) => {
    const program = await bundled();
    const offsetMs = await host.clockOffsetMs(systemClock);
    const run = probeAt((_cluster, _program, words) => ({
      ...host.ssh.command(runScript(program.length, words)),
      input: program,
    }));
    const take: typeof onEvent = (event) => onEvent(event.event === 'started' ? byOwnClock(event, offsetMs) : event);
    await run(cluster, probeArguments, take, signal);
  };
}

/** A line for a shell: its input begins with the program. */
function runScript(bytes: number, words: string[]): string {
  return [
    "command -v node >/dev/null || { echo 'has no node, which the probe needs (Node.js 22 or newer)' >&2; false; }",
    'folder=$(mktemp -d) && trap \'rm -r "$folder"\' EXIT',
    `head -c ${bytes} >"$folder/probe.mjs" && node "$folder/probe.mjs" ${words.map(quoted).join(' ')}`,
  ].join(' && ');
}

/** The start by the clocks of this process, which drills go by. @param offsetMs how far the other host's wall clock is ahead */
function byOwnClock(started: ProbeStarted, offsetMs: number): ProbeStarted {
  const wallClockMs = started.wallClockMs - offsetMs;
  return { ...started, wallClockMs, monotonicMs: systemClock.nowMs() - (systemClock.wallClockMs() - wallClockMs) };
}

/** The probe with all that it is made of. */
async function bundled(): Promise<Buffer> {
  const { output } = await build({
    input: join(projectFolder, 'dist', 'probe', 'main.js'),
    platform: 'node',
    write: false,
    output: { format: 'esm' },
  });
  return Buffer.from(output[0].code);
}
