import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NoConnectionError, RefusedUserError, type Remote } from '../remote.js';
import type { SshAccess } from './access.js';

/** `ssh` could not reach the host, or lost it; its own exit code (ssh(1), "Exit status"). */
const NO_CONNECTION = 255;

/** What `ssh` writes when the host's key is not one that is known; its exit code is NO_CONNECTION then, too. */
const REFUSED_HOST_KEY = 'Host key verification failed.';
/** What it writes when the host does not let the user in. */
const REFUSED_USER = 'Permission denied (';

/** What it writes before that when it knows another one. */
const OTHER_HOST_KEY = 'REMOTE HOST IDENTIFICATION HAS CHANGED';

export interface Output {
  write(chunk: string): unknown;
}

/** Commands on one host, over one connection that the first of them opens and that outlives this process for a while. */
export class Ssh implements Remote {
  constructor(
    private readonly node: string,
    private readonly access: SshAccess,
  ) {}

  /** See Remote. @throws Error also when the host's key is not the one that is known */
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
   * Runs a command on the host, and hands what it writes to stdout to `output` as it comes.
   * @param input without it the command has none
   * @throws NoConnectionError when the host cannot be reached or was lost
   * @throws Error with what it wrote to stderr for another exit code than 0, or when the host's key is not the one that is known
   * @throws RefusedUserError
   */
  async stream(command: string, output: Output, input?: NodeJS.ReadableStream | string): Promise<void> {
    const { args, cwd, env } = this.command(command);
    const child = spawn('ssh', args, { cwd, env });
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
    if (exitCode === NO_CONNECTION && complaint.includes(REFUSED_HOST_KEY)) {
      const { host, port, refusedHostKey } = this.access;
      throw new Error(
        `${this.node}: what answers at ${host}${port === undefined ? '' : `:${port}`} ${refusedHostKey(complaint.includes(OTHER_HOST_KEY) ? 'other' : 'unknown')}`,
      );
    }
    const message = `${this.node}: ${complaint.trim() || `exit code ${exitCode}`}`;
    if (exitCode !== NO_CONNECTION) throw new Error(`${message} (${inShort(command)})`);
    // To ask again does not help.
    throw complaint.includes(REFUSED_USER) ? new RefusedUserError(message) : new NoConnectionError(message);
  }

  /** What runs a command on the host, as a process of this one. */
  command(command: string): { command: string; args: string[]; cwd: string; env: NodeJS.ProcessEnv } {
    const { folder, environment } = this.access;
    return { command: 'ssh', args: [...this.options(), command], cwd: folder, env: environment };
  }

  private options(): string[] {
    const { host, port, user, keys, hostKey } = this.access;
    const options = {
      BatchMode: 'yes',
      ConnectTimeout: '20',
      ControlMaster: 'auto',
      ControlPath: this.controlPath(),
      ControlPersist: '60',
      ...(keys.length > 0 && { IdentitiesOnly: 'yes' }),
      LogLevel: 'ERROR',
      ...hostKey,
      // A host that is gone says no goodbye; a starved one may be silent for longer than the usual three intervals.
      ServerAliveInterval: '5',
      ServerAliveCountMax: '8',
    };
    return [
      ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      ...keys.flatMap((key) => ['-i', key]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...[host, '--'],
    ];
  }

  /** Short, since a socket's path may have 107 characters only; and of this host alone, not of one that was reached the same way before. */
  private controlPath(): string {
    const folder = join(tmpdir(), `ha-demo-ssh-${userInfo().uid}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Who can write there could answer in the host's place.
    const { uid, mode } = statSync(folder);
    if (uid !== userInfo().uid || (mode & 0o077) !== 0)
      throw new Error(`${folder}: is open to others, and connections are kept there; remove it`);
    return join(
      folder,
      createHash('sha256')
        .update(JSON.stringify({ ...this.access, environment: {} }))
        .digest('hex')
        .slice(0, 16),
    );
  }
}

/** What it begins with: a command may be a whole script. */
function inShort(command: string): string {
  const [line = ''] = command.split('\n');
  return line.length === command.length && line.length <= 200 ? line : `${line.slice(0, 80)} ...`;
}
