import type { ChildProcess } from 'node:child_process';
import { type CliResult, haDemo } from '../cli.js';
import type { TestWorkspace } from '../workspace.js';

/** `./ha-demo console` of a workspace, in a process of its own. */
export class RunningConsole {
  private constructor(
    private readonly child: ChildProcess,
    readonly ended: Promise<CliResult>,
    /** What opens it, once. */
    readonly link: string,
  ) {}

  /** @param args such as `console --port 8100`. Resolves when it has printed its link. @throws Error with what it has said instead */
  static async start(workspace: TestWorkspace, args: string[]): Promise<RunningConsole> {
    let child: ChildProcess | undefined;
    let ended: Promise<CliResult> | undefined;
    const link = await new Promise<string>((resolve, reject) => {
      ended = haDemo(workspace, args, {
        onStart: (started) => {
          child = started;
          let output = '';
          started.stdout.on('data', (chunk: Buffer) => {
            output += chunk.toString();
            const [found] = /http:\S+ticket=\S+/.exec(output) ?? [];
            if (found) resolve(found);
          });
        },
      });
      ended.then(({ stderr }) => reject(new Error(stderr)), reject);
    });
    return new RunningConsole(child!, ended!, link);
  }

  /** Ctrl-C: what is broken is mended first. */
  async stop(): Promise<CliResult> {
    this.child.kill('SIGINT');
    return this.ended;
  }

  /** A crash. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
