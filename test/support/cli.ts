import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { projectFolder, type TestWorkspace } from './workspace.js';

export interface CliResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  /** Gets the process, to end a command that does not end itself, or to act when it has written something. */
  onStart?: (child: ChildProcessByStdio<null, Readable, Readable>) => void;
  /** In a process group of its own, as on a terminal: Ctrl-C is a SIGINT for the whole group. */
  ownProcessGroup?: boolean;
  /** As on a terminal. */
  colours?: boolean;
}

/** Runs `./ha-demo ...` on a workspace of its own. */
export async function haDemo(
  workspace: { files: Pick<TestWorkspace['files'], 'folder'> },
  args: string[],
  { onStart = () => {}, ownProcessGroup = false, colours = false }: CliOptions = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [join(projectFolder, 'dist', 'cli', 'main.js'), ...args], {
    env: {
      ...process.env,
      HA_DEMO_WORKSPACE: workspace.files.folder,
      NODE_OPTIONS: '',
      ...(colours ? { FORCE_COLOR: '1', NO_COLOR: undefined } : { NO_COLOR: '1' }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownProcessGroup,
  });
  onStart(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, stdout, stderr };
}
