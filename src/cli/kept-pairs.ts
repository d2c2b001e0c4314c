import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.js';
import { DrillJournal } from '../drill/drill-journal.js';
import { probeAt } from '../drill/probe-process.js';
import { clientInLan } from '../lab/compose/client-in-lan.js';
import type { Engine } from '../lab/compose/docker-engine.js';
import { TRIAL_FILES, TrialProject } from '../lab/compose/trial/trial-lab.js';
import type { OpenLab } from '../session/open-lab.js';
import { folderOfTrial, type KeptPair, projectOfTrial, readKeptPair } from '../trial/kept-pair.js';
import { pairProblems } from '../trial/pair-problems.js';
import { TRIAL_FAULTS } from '../trial/trial-drills.js';
import type { PairPlace } from './pair-place.js';

/** What `--lab` is for a pair that `try --keep` has left: this and its name. */
export const KEPT = 'try:';

const AGAIN = './ha-demo try FOLDER --keep';

/** A pair that `try --keep` has left, in the place of a lab of the workspace. */
export class KeptPairPlace implements PairPlace {
  readonly because = 'it is a pair that try has left, and has no cluster.yaml';
  readonly folder: string;

  /** @param name without `try:` */
  constructor(
    private readonly name: string,
    stateFolder: string,
    private readonly engine: () => Promise<Engine>,
  ) {
    this.folder = folderOfTrial(stateFolder, name);
  }

  get journal(): DrillJournal {
    return journalOf(this.folder);
  }

  async project(): Promise<TrialProject> {
    return new TrialProject(await this.engine(), projectOfTrial(this.name), this.folder);
  }

  /** @throws Error when none of this name is kept */
  async kept(): Promise<KeptPair> {
    const kept = await readKeptPair(this.folder);
    if (!kept) throw new Error(`no pair called ${this.name} is kept: ${AGAIN}`);
    return kept;
  }

  async cluster(): Promise<Cluster> {
    return (await this.kept()).cluster;
  }

  /** @throws Error when none of this name is kept, or when it does not run any more */
  async open(): Promise<OpenLab> {
    const [kept, project] = [await this.kept(), await this.project()];
    if (!(await project.runs())) throw new Error(`${this.name} does not run any more: ${AGAIN}`);
    return openPair(project, kept);
  }
}

function journalOf(folder: string): DrillJournal {
  return new DrillJournal(join(folder, TRIAL_FILES.journal));
}

export function openPair(project: TrialProject, pair: KeptPair): OpenLab {
  const { cluster, masters, interfaces, asking, settlesWithinMs } = pair;
  return {
    ...{ cluster, lab: project.lab(cluster, interfaces), settlesWithinMs },
    problemsOf: pairProblems(new Map(Object.entries(masters))),
    probes: { inLan: probeAt(clientInLan), onHost: probeAt(clientInLan), asking },
    journal: journalOf(project.folder),
    onPair: TRIAL_FAULTS.map(({ fault }) => fault),
  };
}
