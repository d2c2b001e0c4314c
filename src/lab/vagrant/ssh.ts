import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NoConnectionError, type Remote } from '../remote.js';
import type { Machine, Machines } from './machine-file.js';

/** `ssh` could not reach the machine, or lost it; its own exit code (ssh(1), "Exit status"). */
const NO_CONNECTION = 255;

/** What `ssh` writes when the machine's host key is not the one it had; its exit code is NO_CONNECTION then, too. */
const OTHER_HOST_KEY = 'Host key verification failed.';

/** Holds the host keys of the machines, beside the folder that says how to reach them. */
const KNOWN_HOSTS = '../known_hosts';

export interface Output {
  write(chunk: string): unknown;
}

/** Commands on one machine, over one connection that the first of them opens and that outlives this process for a while. */
export class Ssh implements Remote {
  /** @param machines beside whose folder their host keys are kept */
  constructor(
    private readonly node: string,
    private readonly machine: Machine,
    private readonly machines: Machines,
  ) {}

  /** See Remote. @throws Error also when the machine has another host key than before */
  async run(command: string, input?: NodeJS.ReadableStream | string): Promise<string> {
    let output = '';
    await this.stream(command, { write: (chunk: string) => (output += chunk) }, input);
    return output;
  }

  /**
   * A command that goes on until the signal, or the end of this process.
   * @param command a pipeline, which may run as root
   * @param output takes what it writes to stdout
   */
  async follow(command: string, output: Output, signal: AbortSignal): Promise<void> {
    const input = new PassThrough();
    signal.addEventListener('abort', () => input.end(), { once: true });
    // The end of the input is all that a command on the other side notices: the connection lives on.
    const followed = `set -m; ${command} & cat >/dev/null; sudo kill -- -$(jobs -p)`;
    await this.stream(followed, output, input).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /**
   * Runs a command on the machine, and hands what it writes to stdout to `output` as it comes.
   * @param input without it the command has none
   * @throws NoConnectionError when the machine cannot be reached or was lost
   * @throws Error with what it wrote to stderr for another exit code than 0, or when the host key has changed
   */
  async stream(command: string, output: Output, input?: NodeJS.ReadableStream | string): Promise<void> {
    // There, since `ssh` takes spaces and % in the name of a known_hosts file for more than a path.
    const child = spawn('ssh', [...this.options(), command], {
      cwd: this.machines.folder,
      env: this.machines.environment,
    });
    const source = typeof input === 'object' ? input : Readable.from(input === undefined ? [] : [input]);
    // A command that does not read it to its end says why itself.
    const sent = pipeline(source, child.stdin).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    );
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => output.write(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const unsent = await sent;
    if (unsent && !['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(unsent.code ?? '')) throw unsent;
    if (exitCode === 0) return;
    if (exitCode === NO_CONNECTION && complaint.includes(OTHER_HOST_KEY)) {
      const file = join(this.machines.folder, KNOWN_HOSTS);
      throw new Error(
        `${this.node}: what answers at ${this.machine.host}:${this.machine.port} has another host key than the machine had. ` +
          `If you have changed it: ssh-keygen -R ${this.machine.id} -f '${file}'`,
      );
    }
    const message = `${this.node}: ${complaint.trim() || `exit code ${exitCode}`}`;
    throw exitCode === NO_CONNECTION ? new NoConnectionError(message) : new Error(`${message} (${inShort(command)})`);
  }

  private options(): string[] {
    const { id, host, port, user, keys } = this.machine;
    const options = {
      BatchMode: 'yes',
      ConnectTimeout: '20',
      ControlMaster: 'auto',
      ControlPath: this.controlPath(),
      ControlPersist: '60',
      IdentitiesOnly: 'yes',
      LogLevel: 'ERROR',
      // A machine that was destroyed and made anew has another key at the same address, and another id.
      HostKeyAlias: id,
      StrictHostKeyChecking: 'accept-new',
      UserKnownHostsFile: KNOWN_HOSTS,
      // A machine that is gone says no goodbye; a starved one may be silent for longer than the usual three intervals.
      ServerAliveInterval: '5',
      ServerAliveCountMax: '8',
    };
    return [
      ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      ...keys.flatMap((key) => ['-i', key]),
      ...['-p', String(port), '-l', user, host, '--'],
    ];
  }

  /** Short, since a socket's path may have 107 characters only; and of this machine alone, not of one before it. */
  private controlPath(): string {
    const folder = join(tmpdir(), `ha-demo-ssh-${userInfo().uid}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, createHash('sha256').update(JSON.stringify(this.machine)).digest('hex').slice(0, 16));
  }
}

/** What it begins with: a command may be a whole script. */
function inShort(command: string): string {
  const [line = ''] = command.split('\n');
  return line.length === command.length && line.length <= 200 ? line : `${line.slice(0, 80)} ...`;
}
