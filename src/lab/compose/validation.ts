import { join } from 'node:path';
import { InvalidInputError } from '../../common/errors.js';
import { CommandFailedError, runLogged } from '../../common/run.js';
import type { RenderedFiles } from '../../rendering/render.js';
import { writeRendered } from '../../rendering/write.js';
import { PROJECT_LABEL } from './node-containers.js';

/** Where what is to be validated is put, and what is said of it. */
interface ValidationFolders {
  stateFolder: string;
  /** Where commands are run. */
  folder: string;
}

/**
 * Checks rendered files with the real binaries and the services, in containers of the images.
 * @param project whose containers these are
 * @throws InvalidInputError with the first thing that one of them refuses
 * @throws CommandFailedError when docker itself fails
 */
export async function validate(project: string, folders: ValidationFolders, rendered: RenderedFiles): Promise<void> {
  const renderedFolder = join(folders.stateFolder, 'rendered');
  await writeRendered(renderedFolder, rendered);
  // What serves on the same processors goes first.
  const polite = ['--cpu-shares', '64'];
  const hardened = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--tmpfs', '/tmp'];
  const validateWith = (image: string, entrypoint: string, ...args: string[]) => [
    ...['run', '--rm', '--label', `${PROJECT_LABEL}=${project}`, ...polite, ...hardened],
    ...['--volume', `${renderedFolder}:/etc/ha-demo:ro`, '--entrypoint', entrypoint, `ha-demo/${image}`, ...args],
  ];
  await Promise.all([
    check(folders, 'haproxy', validateWith('haproxy', 'validate')),
    check(folders, 'keepalived', validateWith('keepalived', 'validate')),
    check(folders, 'the service', validateWith('service', 'node', 'dist/services/validate.js')),
  ]);
}

/**
 * Asks a validator, by a docker command.
 * @param validator its last word names the log
 * @param args of the docker command
 * @throws InvalidInputError with what it refuses
 * @throws CommandFailedError when docker itself fails, or cannot be started
 */
export async function check(
  { stateFolder, folder }: ValidationFolders,
  validator: string,
  args: string[],
): Promise<void> {
  const log = join(stateFolder, 'logs', `validate-${validator.split(' ').at(-1)}.log`);
  try {
    await runLogged('docker', args, { log, cwd: folder });
  } catch (error) {
    // 125 and more: `docker run` itself has failed.
    if (!(error instanceof CommandFailedError) || error.exitCode === null || error.exitCode >= 125) throw error;
    const complaint = error.output.find((line) => line.includes('/etc/ha-demo/')) ?? error.output[0] ?? '';
    throw new InvalidInputError(
      `${validator} refuses what cluster.yaml and the templates make: ${complaint.trim()} (${log})`,
    );
  }
}
