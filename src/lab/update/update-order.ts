import { join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.js';
import { Journal } from '../../common/journal.js';
import type { Lab } from '../lab.js';
import type { LabProblem } from '../lab-problems.js';
import type { Deployment } from './deployment.js';

/** What is brought up, and where it is remembered what an update may have to take back. */
export interface UpdateOrder {
  cluster: Cluster;
  lab: Lab;
  deployment: Deployment;
  journal: Journal<UpdateEntry>;
}

/** What it takes to give nodes of a tier back what they ran on before an update. */
export interface UpdateEntry {
  tier: string;
  nodes: string[];
  /** Those of them that were not there before: to take the update back is to remove them. */
  newNodes: string[];
  /** What was wrong with them before, and with the tier's virtual IP. */
  problems: LabProblem[];
  /** Their rendered files, `nodes/{node}/{file}` -> content. */
  files: Record<string, string>;
  /** See `Deployment.hostFiles`. */
  hostFiles: Record<string, string>;
  /** Image -> id. */
  images: Record<string, string>;
}

/** Kept as long as there is something to take back. @param labKind as `--lab` has it */
export function updateJournal(stateFolder: string, labKind: string): Journal<UpdateEntry> {
  return new Journal(join(stateFolder, `update-${labKind}.json`));
}
