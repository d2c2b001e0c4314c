import type { Cluster } from '../cluster/cluster.js';
import type { OpenLab } from '../session/open-lab.js';

/** A cluster that is not ha-demo's, in the place of a lab of the workspace. */
export interface PairPlace {
  /** @throws Error when there is none */
  cluster(): Promise<Cluster>;
  /** @throws Error when there is none, or when it does not run any more */
  open(): Promise<OpenLab>;
  /** Why a command that is for ha-demo's own labs is not for it. */
  readonly because: string;
}
