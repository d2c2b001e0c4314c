import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectFolder, type TestWorkspace } from './workspace.js';

export interface CliResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `./ha-demo ...` on a workspace of its own; `onStart` gets the process, to end a command that does not end itself. */
export async function haDemo(
  workspace: TestWorkspace,
  args: string[],
  onStart: (child: ReturnType<typeof spawn>) => void = () => {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [join(projectFolder, 'dist', 'cli', 'main.js'), ...args], {
    env: { ...process.env, HA_DEMO_WORKSPACE: workspace.files.folder, NO_COLOR: '1', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
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
