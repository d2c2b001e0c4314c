import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Cluster } from '../cluster/cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import { unmanagedClusterIn } from '../cluster/unmanaged-hosts.js';
import type { Journal } from '../common/journal.js';
import { InvalidInputError } from '../common/errors.js';
import { brokenIn, DrillJournal, isAtWork, type JournalEntry } from '../drill/drill-journal.js';
import { ComposeProject, type Workspace, workspaceAt } from '../lab/compose/compose-project.js';
import { connectToEngine, type Engine } from '../lab/compose/docker-engine.js';
import type { Consent } from '../lab/hosts/own-host-deployment.js';
import { Images } from '../lab/compose/images.js';
import { type Lab } from '../lab/lab.js';
import { type UpdateEntry, updateJournal, type UpdateOrder } from '../lab/update/update-order.js';
import { SERVICE_NAMES, type ServiceName } from '../node/contract.js';
import type { OpenLab } from '../session/open-lab.js';
import { KEPT, KeptPairPlace } from './kept-pairs.js';
import { type LabKind, LABS, type OpenedLab } from './labs.js';
import type { PairPlace } from './pair-place.js';
import { projectFolder, type Settings } from './settings.js';
import { UnmanagedPlace } from './unmanaged-place.js';

/** Gives a command its context once the command line has been read. */
export type ContextSource = () => Context;

/** Puts the parts of a lab together as the settings say; labs.ts knows which adapters there are. */
export class Context {
  readonly workspace: Workspace;
  /** The pair that is meant in place of a lab of the workspace, when `try` has left it. */
  readonly keptPair: KeptPairPlace | undefined;

  private unmanagedPlace: UnmanagedPlace | undefined;

  constructor(readonly settings: Settings) {
    this.workspace = workspaceAt(settings.workspaceFolder);
    const { labKind } = settings;
    this.keptPair = labKind.startsWith(KEPT)
      ? new KeptPairPlace(labKind.slice(KEPT.length), this.workspace.stateFolder, () => this.engine())
      : undefined;
  }

  /** The cluster that is meant in its place, when somebody else has set it up. @throws InvalidInputError */
  get unmanaged(): UnmanagedPlace | undefined {
    if (this.settings.labKind !== 'hosts') return undefined;
    if (this.unmanagedPlace) return this.unmanagedPlace;
    const unmanaged = unmanagedClusterIn(this.workspace.clusterFile);
    if (unmanaged)
      this.unmanagedPlace = new UnmanagedPlace(
        unmanaged,
        this.workspace,
        this.journalOfKind,
        this.settings.environment,
      );
    return this.unmanagedPlace;
  }

  /** What is meant in place of a lab of ha-demo's own. */
  get pair(): PairPlace | undefined {
    return this.keptPair ?? this.unmanaged;
  }

  /** The same with other settings. */
  with(settings: Partial<Settings>): Context {
    return new Context({ ...this.settings, ...settings });
  }

  /** @throws InvalidInputError for a command that other labs have no use for */
  assertContainers(instead: string): void {
    if (this.settings.labKind !== 'containers') throw this.isNotFor(instead);
  }

  private isNotFor(instead: string): InvalidInputError {
    return new InvalidInputError(`--lab: ${this.settings.labKind} is not for this command; ${instead}`);
  }

  async cluster(): Promise<Cluster> {
    if (this.pair) return this.pair.cluster();
    return loadCluster(this.workspace.clusterFile, this.kind.hosting);
  }

  /** The project's file that says what drills in such a lab may cost. */
  get budgetsFile(): string {
    return join(projectFolder, this.kind.budgets);
  }

  /** @throws InvalidInputError when it does not answer */
  async engine(): Promise<Engine> {
    const engine = await connectToEngine(this.settings);
    await engine.ping().catch((error: Error) => {
      throw new InvalidInputError(
        `the Docker engine does not answer (${error.message}); ./ha-demo doctor says how to mend it`,
      );
    });
    return engine;
  }

  async project(cluster: Pick<Cluster, 'name'>): Promise<ComposeProject> {
    return new ComposeProject(await this.engine(), cluster.name, this.workspace);
  }

  async images(): Promise<Images> {
    return new Images(await this.engine(), projectFolder);
  }

  /** The lab, which may be off or not there at all. @throws InvalidInputError when cluster.yaml or the engine is not usable */
  async lab(): Promise<OpenLab> {
    const cluster = await this.cluster();
    const { lab, probes } = await this.open(cluster);
    return { cluster, lab, probes, journal: this.journal };
  }

  /** @param consent is asked before hosts are changed that no `up` has changed before @returns what `bringUp` is told */
  async updateOrder(consent?: Consent): Promise<UpdateOrder> {
    const cluster = await this.cluster();
    const { lab, deployment } = await this.open(cluster, consent);
    return { cluster, lab, deployment, journal: this.updateJournal };
  }

  /** @throws Error when there is nothing of the lab, not even a container or a machine that is off */
  async labThatIsUp(): Promise<OpenLab> {
    if (this.pair) return this.pair.open();
    const cluster = await this.cluster();
    const { lab, probes, exists } = await this.open(cluster);
    if (!(await exists())) throw new Error(notUp(cluster, lab));
    return { cluster, lab, probes, journal: this.journal };
  }

  /** @returns what removes a lab that is not in containers @throws InvalidInputError where that is not this program's to do */
  async takeDownOfHosts(): Promise<NonNullable<OpenedLab['takeDown']>> {
    const { takeDown } = await this.open(await this.cluster());
    if (takeDown) return takeDown;
    throw this.isNotFor('vagrant destroy removes the machines');
  }

  /** What drills have broken in this kind of lab, or in the pair, and not mended: a file of the workspace. */
  get journal(): DrillJournal {
    return this.keptPair?.journal ?? this.journalOfKind;
  }

  private get journalOfKind(): DrillJournal {
    return new DrillJournal(join(this.workspace.stateFolder, `drill-${this.settings.labKind}.json`));
  }

  /** What an update of this kind of lab may have to take back: a file of the workspace. */
  get updateJournal(): Journal<UpdateEntry> {
    return updateJournal(this.workspace.stateFolder, this.settings.labKind);
  }

  /** @throws InvalidInputError when a drill is at work, or an interrupted one has left something broken */
  async assertHealed(): Promise<void> {
    const left = await this.journal.read();
    if (!left) return;
    assertInterrupted(left);
    throw new InvalidInputError(
      `${brokenIn(left)} ${left.faults.length > 1 ? 'have' : 'has'} not been healed: ./ha-demo heal`,
    );
  }

  /** Forgets what a drill has left of a lab whose nodes are gone: withdraws its images, and clears the journal. */
  async forgetDrills({ images }: Partial<Pick<ComposeProject, 'images'>>): Promise<void> {
    if (!(await this.journal.read())) return;
    await images?.withdraw();
    await this.journal.clear();
  }

  /** The lab's name alone, also from a cluster.yaml that is not valid in other places: taking a lab down must not need more. */
  async labName(): Promise<string> {
    const text = await readFile(this.workspace.clusterFile, 'utf8').catch(() => '');
    const name: unknown = parseDocument(text).get('name');
    if (typeof name !== 'string')
      throw new InvalidInputError('cluster.yaml: name: is missing, so that the lab to take down is not known');
    return name;
  }

  private get kind(): LabKind {
    return LABS[this.settings.labKind]!;
  }

  private open(cluster: Cluster, consent = withoutConsent): Promise<OpenedLab> {
    const { workspace, settings } = this;
    return this.kind.open({
      ...{ cluster, workspace, settings },
      engine: () => this.engine(),
      images: () => this.images(),
      consent,
    });
  }
}

/** For what is not to change any. */
const withoutConsent: Consent = async () => {
  throw new InvalidInputError('hosts are changed by `up` alone');
};

export function notUp({ name }: Cluster, { traits }: Pick<Lab, 'traits'>): string {
  return `${name} is not up: ${traits.startCommand}`;
}

/** @throws InvalidInputError while the drill runs */
export function assertInterrupted(entry: JournalEntry): void {
  if (!isAtWork(entry)) return;
  throw new InvalidInputError(
    `${brokenIn(entry)} ${entry.faults.length > 1 ? 'are' : 'is'} being drilled by process ${entry.processId}, which also heals; Ctrl-C there ends it`,
  );
}

/** @param others what else is allowed in its place @throws InvalidInputError */
export function serviceNamed(name: string, others: string[] = []): ServiceName {
  const service = SERVICE_NAMES.find((candidate) => candidate === name);
  if (service) return service;
  throw new InvalidInputError(`service: ${name} must be one of ${[...SERVICE_NAMES, ...others].join(', ')}`);
}
