import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandFailedError, runLogged } from './run.js';

describe('runLogged', () => {
  let folder: string;
  let log: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'run-'));
    log = join(folder, 'logs', 'command.log');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const shell = (script: string, variables: Record<string, string> = {}) =>
    runLogged('sh', ['-c', script], { log, cwd: folder, variables });

  async function failureOf(running: Promise<void>): Promise<string> {
    const error = await running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CommandFailedError);
    return (error as Error).message;
  }

  it('writes both outputs to the log, in order, into a folder that it makes', async () => {
    await shell('echo one; echo two >&2; echo three');
    expect(await readFile(log, 'utf8')).toBe('one\ntwo\nthree\n');
  });

  it('replaces an older log', async () => {
    await shell('echo a much longer text than the next one');
    await shell('echo short');
    expect(await readFile(log, 'utf8')).toBe('short\n');
  });

  it('hands over what there is to read', async () => {
    await runLogged('cat', [], { log, cwd: folder, input: 'FROM here\n' });
    expect(await readFile(log, 'utf8')).toBe('FROM here\n');
  });

  it('runs in the given folder, with the given variables beside its own, and with nothing to read', async () => {
    await shell('pwd; echo "$GREETING"; cat', { GREETING: 'hello' });
    expect(await readFile(log, 'utf8')).toBe(`${folder}\nhello\n`);
  });

  it('passes arguments as they are', async () => {
    await runLogged('printf', ['%s|', 'a b', '$HOME', '*'], { log, cwd: folder });
    expect(await readFile(log, 'utf8')).toBe('a b|$HOME|*|');
  });

  it('fails with the command, its exit code, the end of its output and where the rest is', async () => {
    const message = await failureOf(shell('seq 1 25; echo broken >&2; exit 3'));
    const [first, ...rest] = message.split('\n');
    expect(first).toBe('sh -c seq 1 25; echo broken >&2; exit 3 ended with exit code 3');
    expect(rest).toEqual([...Array.from({ length: 19 }, (_, index) => `${index + 7}`), 'broken', `full log: ${log}`]);
  });

  it('hands its exit code and the end of its output on', async () => {
    const error: unknown = await shell('echo one; echo two; exit 3').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ output: ['one', 'two'], exitCode: 3 });
  });

  it('names the signal that ended the command', async () => {
    expect(await failureOf(shell('kill -TERM $$'))).toContain('ended with SIGTERM');
  });

  it('says that a command is not there', async () => {
    const message = await failureOf(runLogged('no-such-command', ['up'], { log, cwd: folder }));
    expect(message).toContain('no-such-command up could not be started: spawn no-such-command ENOENT');
  });

  it('rejects when the log cannot be written', async () => {
    await writeFile(join(folder, 'logs'), 'a file where the folder should be');
    await expect(shell('echo one')).rejects.toThrow('EEXIST');
  });
});
