import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { runLogged } from '../../common/run.js';
import type { Engine, EngineSettings } from './docker-engine.js';
import { PROJECT_LABEL } from './node-containers.js';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
/** Written by docker/engine/prepare.sh where there is no systemd, and it started the engine. */
const PID_FILE = `${PROJECT}/.ha-demo/dockerd.pid`;

/** The engine gives its containers 15 s, and kills the rest. */
const ENDS_WITHIN_MS = 60_000;

/** An engine that this project has started by hand, and may end. One of systemd's, or somebody else's, is none. */
export class OwnedEngine {
  private constructor(private readonly pid: number) {}

  /** @returns undefined where there is none, or another engine is asked */
  static find({ dockerHost }: EngineSettings, pidFile = PID_FILE): OwnedEngine | undefined {
    if (dockerHost) return undefined;
    const pid = Number(read(pidFile));
    return isEngine(pid) ? new OwnedEngine(pid) : undefined;
  }

  /** Resolves when the new one answers. */
  async restart(): Promise<void> {
    process.kill(this.pid, 'SIGTERM');
    const missing = async () => (isEngine(this.pid) ? [`process ${this.pid} runs`] : []);
    await waitUntilNothingIsMissing('the end of the engine', missing, { deadlineMs: ENDS_WITHIN_MS, intervalMs: 50 });
    await runLogged(`${PROJECT}/docker/engine/prepare.sh`, [], {
      log: `${PROJECT}/.ha-demo/logs/engine.log`,
      cwd: PROJECT,
    });
  }
}

/**
 * Stops the engine in order, and all that it runs with it, and starts it again.
 * @throws Error when this project has not started it, or a container runs that is not of the Compose project
 */
export async function restartOwnedEngine(
  engine: Engine,
  owned: OwnedEngine | undefined,
  composeProject: string,
): Promise<void> {
  if (!owned) throw new Error('the engine is not one that ./ha-demo has started');
  await assertRunsOnly(engine, composeProject);
  await owned.restart();
}

/** @throws Error when a container runs that is not of the Compose project */
export async function assertRunsOnly(engine: Engine, composeProject: string): Promise<void> {
  const others = (await engine.listContainers())
    .filter(({ Labels }) => Labels[PROJECT_LABEL] !== composeProject)
    .map(({ Names }) => Names[0]!.slice(1));
  if (others.length > 0) throw new Error(`the engine also runs ${others.join(', ')}`);
}

/** One that has ended and that nobody has waited for yet (Z) is none: proc_pid_stat(5). */
function isEngine(pid: number): boolean {
  return /^\d+ \(dockerd\) [^ZX]/.test(read(`/proc/${pid}/stat`));
}

/** @returns empty when there is no such file */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
