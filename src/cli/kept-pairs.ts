import { join } from 'node:path';
import { DrillJournal } from '../drill/drill-journal.js';
import { probeAt } from '../drill/probe-process.js';
import { clientInLan } from '../lab/compose/client-in-lan.js';
import type { Engine } from '../lab/compose/docker-engine.js';
import { TrialProject } from '../lab/compose/trial/trial-lab.js';
import type { OpenLab } from '../session/open-lab.js';
import { folderOfTrial, projectOfTrial, readKeptPair } from '../trial/kept-pair.js';
import { pairProblems } from '../trial/trial-drills.js';

/** What `--lab` is for a pair that `try --keep` has left: this and its name. */
export const KEPT = 'try:';

/** A pair that `try --keep` has left, in the place of a lab of the workspace. */
export class KeptPairPlace {
  readonly folder: string;

  /** @param name without `try:` */
  constructor(
    private readonly name: string,
    stateFolder: string,
    private readonly engine: () => Promise<Engine>,
  ) {
    this.folder = folderOfTrial(stateFolder, name);
  }

  async project(): Promise<TrialProject> {
    return new TrialProject(await this.engine(), projectOfTrial(this.name), this.folder);
  }

  /** @throws Error when none of this name is kept */
  async open(): Promise<OpenLab> {
    const kept = await readKeptPair(this.folder);
    if (!kept) throw new Error(`no pair called ${this.name} is kept: ./ha-demo try FOLDER --keep`);
    const { cluster, masters, asking } = kept;
    return {
      ...{ cluster, lab: (await this.project()).lab(cluster) },
      probes: { inLan: probeAt(clientInLan), onHost: probeAt(clientInLan), asking },
      journal: new DrillJournal(join(this.folder, 'drill.json')),
      problemsOf: pairProblems(new Map(Object.entries(masters))),
    };
  }
}
