import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/cluster.js';

/**
 * The command that runs one of this project's programs where a client of the cluster would be.
 * @param program its path in the project and in the service image, such as `dist/probe/main.js`
 */
export type ClientCommand = (
  cluster: Cluster,
  program: string,
  programArguments: string[],
) => {
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What it reads before its own input. */
  input?: Buffer;
};

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** On this host, whose interface to the LAN makes it a client there. */
export const clientOnHost: ClientCommand = (_cluster, program, programArguments) => ({
  command: process.execPath,
  args: [`${PROJECT}${program}`, ...programArguments],
});
