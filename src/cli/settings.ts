import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own folder, with docker/ and src/. */
export const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Virtual machines and other hosts have the images' files from here. */
export const SAVED_IMAGES = join(projectFolder, '.ha-demo', 'images');

/** What the environment and the command line say; nothing else reads the environment. */
export interface Settings {
  /** One of LAB_KINDS. */
  labKind: string;
  /**
   * The folder whose cluster.yaml is meant: the project's own, or HA_DEMO_WORKSPACE, a folder with a cluster.yaml,
   * config-templates/ and compose/ of its own.
   */
  workspaceFolder: string;
  /** DOCKER_HOST; without it the engine is that of the docker command's context. */
  dockerHost?: string | undefined;
  /** Of commands that look for something there themselves, such as ssh for its agent. */
  environment: NodeJS.ProcessEnv;
  /** HA_DEMO_DEBIAN_IMAGE and HA_DEMO_BUILD_NETWORK: what images beside the lab's own are built on, and where. */
  debianImage: string;
  buildNetwork: string;
}

/** @param labKind `--lab`, or HA_DEMO_LAB, checked */
export function settingsFrom(environment: NodeJS.ProcessEnv, labKind: string): Settings {
  return {
    labKind,
    workspaceFolder: resolve(environment['HA_DEMO_WORKSPACE'] ?? projectFolder),
    dockerHost: environment['DOCKER_HOST'],
    environment,
    debianImage: environment['HA_DEMO_DEBIAN_IMAGE'] ?? 'debian:trixie-slim',
    buildNetwork: environment['HA_DEMO_BUILD_NETWORK'] ?? 'default',
  };
}
