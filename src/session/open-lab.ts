import type { Document } from 'yaml';
import type { Fault } from '../drill/fault.js';
import type { DrillJournal } from '../drill/drill-journal.js';
import type { Probes } from '../drill/drill-runner.js';
import type { Settling } from '../drill/steady-state.js';
import type { Lab } from '../lab/lab.js';

/** A lab, and what is needed to break and to mend it. */
export interface OpenLab extends Settling {
  lab: Lab;
  probes: Probes;
  /** Of all labs of its kind that this workspace has. */
  journal: DrillJournal;
  /** Of a pair of the user's: the faults that make sense on it, of which the cluster's own timers predict nothing. */
  onPair?: readonly Fault[];
}

/** A lab whose cluster.yaml is not quite that of the workspace. */
export interface EditedLab {
  /** The folder of its copy is named like that. */
  name: string;
  edit: (clusterYaml: Document) => void;
}

/** Where labs to be drilled come from. */
export interface LabSource {
  /** The lab that runs. @throws Error when it is not up @throws InvalidInputError when cluster.yaml or the engine is not usable */
  open(): Promise<OpenLab>;
  /**
   * Does something on the lab after each of the edits, and lets it run cluster.yaml again in the end.
   * @throws InvalidInputError where a lab cannot be edited
   */
  onEdited(labs: EditedLab[], action: (lab: OpenLab, name: string) => Promise<void>): Promise<void>;
}
