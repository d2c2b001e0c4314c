import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedCluster } from '../check/checked-cluster.js';
import { type Cluster, nodesOf } from '../cluster/cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import type { UnmanagedCluster } from '../cluster/unmanaged-hosts.js';
import { InvalidInputError } from '../common/errors.js';
import type { DrillJournal } from '../drill/drill-journal.js';
import type { DrillLoad } from '../drill/drill-report.js';
import type { Workspace } from '../lab/compose/compose-project.js';
import { Inventory } from '../lab/hosts/inventory.js';
import { inWords } from '../lab/hosts/host-complaint.js';
import { Host } from '../lab/hosts/host.js';
import { readOwnFiles } from '../lab/hosts/unmanaged/own-files.js';
import { UnmanagedHostLab } from '../lab/hosts/unmanaged/unmanaged-host-lab.js';
import type { OpenLab } from '../session/open-lab.js';
import type { TrialPlan } from '../session/trial.js';
import { probeFlags, type Wish, wishFrom } from '../trial/asked.js';
import { judged } from '../trial/judgement.js';
import { keepPair, type KeptPair, readKeptPair } from '../trial/kept-pair.js';
import { checkedFiles, type HostTold, type OwnPair, ownPairOf } from '../trial/own-pair.js';
import { pairProblems } from '../trial/pair-problems.js';
import { settlesWithinMs, takesItBack, TRIAL_FAULTS } from '../trial/trial-drills.js';
import type { Trial } from '../trial/trials.js';
import type { PairPlace } from './pair-place.js';
import { probesOf } from './probe-host.js';
import { projectFolder } from './settings.js';

const KIND = { kind: 'hosts', startCommand: 'by its owner', lookIntervalMs: 1_000 };
/** What is read of it is the same whatever is drilled. */
const NOTHING_DRILLED = {
  load: { ratePerSecond: 1, timeoutMs: 1_000, keepAliveConnections: 0, downloads: 0 },
  runs: 1,
  names: [],
};

/** A host cannot be asked what it runs. */
class SilentHostError extends InvalidInputError {}

/** A cluster that somebody else has set up, on hosts that ssh reaches. What it is, is read from its files when it is asked for. */
export class UnmanagedPlace implements PairPlace {
  readonly because = 'its hosts are not managed by ha-demo (hosts.managed in cluster.yaml)';
  private readonly inventory: Inventory;
  private readonly wish: Wish | undefined;
  private told: Promise<Map<string, HostTold>> | undefined;

  constructor(
    private readonly unmanaged: UnmanagedCluster,
    private readonly workspace: Workspace,
    private readonly journal: DrillJournal,
    environment: NodeJS.ProcessEnv,
  ) {
    this.inventory = new Inventory(unmanaged.inventory, workspace.folder, environment);
    const { ask } = unmanaged;
    this.wish = ask === undefined ? undefined : wishFrom(ask, `${workspace.clusterFile}: hosts.ask`);
  }

  /** The files that run there, for `check`. @throws InvalidInputError when a host cannot be asked */
  async checked(): Promise<CheckedCluster> {
    return checkedFiles(this.unmanaged, await this.tell());
  }

  get nodeNames(): string[] {
    return this.unmanaged.inventory.nodes.map(({ name }) => name);
  }

  async cluster(): Promise<Cluster> {
    return (await this.known()).pair.cluster;
  }

  async open(): Promise<OpenLab> {
    const { pair, unplugsNodes } = await this.known();
    return this.openPair(pair, unplugsNodes);
  }

  /** What to drill, each virtual router apart. @param order see `ownPairOf` */
  async plans(order: {
    load: DrillLoad;
    runs: number;
    names: string[];
  }): Promise<{ pair: OwnPair; plans: TrialPlan[] }> {
    const pair = await this.pair(order);
    // For whoever has to mend what these drills break, when a host cannot be asked any more.
    await this.keep(pair);
    const plans = pair.trials.map((trial) => ({
      drills: trial.drills,
      judge: (result: Parameters<TrialPlan['judge']>[0], at: number) =>
        judged(result, trial.drills[at]!, trial.router.virtualIp),
      // Nobody moves a virtual IP back between two drills but these.
      open: this.openPair({ ...knownOf(pair, trial), masters: mastersOf(pair, () => true) }, pair.unplugsNodes),
    }));
    return { pair, plans };
  }

  private async pair(order: { load: DrillLoad; runs: number; names: string[] }): Promise<OwnPair> {
    const model = await loadCluster(join(projectFolder, 'cluster.yaml'));
    return ownPairOf(this.unmanaged, await this.tell(), { wish: this.wish, model, ...order });
  }

  private openPair(
    { cluster, masters, interfaces, settlesWithinMs, asking }: KeptPair,
    unplugsNodes: boolean,
  ): OpenLab {
    const { haproxy, keepalived } = this.unmanaged;
    const lab = new UnmanagedHostLab(
      cluster,
      this.hosts,
      { haproxy, keepalived },
      new Map(Object.entries(interfaces)),
      {
        traits: KIND,
        capabilities: { ...this.inventory.capabilities(cluster.tiers[0]!.nodes), unplugsNodes },
      },
    );
    return {
      ...{ cluster, lab, journal: this.journal, settlesWithinMs },
      problemsOf: pairProblems(new Map(Object.entries(masters))),
      probes: { ...probesOf(this.inventory.probe), asking },
      onPair: TRIAL_FAULTS.map(({ fault }) => fault),
    };
  }

  /**
   * As it was the last time, when a host cannot be asked: one that is off has to be switched on all the same; and while something is broken on
   * purpose, whatever its files say by now.
   */
  private async known(): Promise<{ pair: KeptPair; unplugsNodes: boolean }> {
    try {
      const pair = await this.pair(NOTHING_DRILLED);
      return { pair: await this.keep(pair), unplugsNodes: pair.unplugsNodes };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      const isUrgent = error instanceof SilentHostError || (await this.journal.read()) !== undefined;
      const before = isUrgent ? await readKeptPair(this.keptFolder) : undefined;
      if (!before || !this.has(before.cluster)) throw error;
      console.error(error.message);
      return { pair: before, unplugsNodes: true };
    }
  }

  /** @returns what is found again */
  private async keep(pair: OwnPair): Promise<KeptPair> {
    const known = knownOf(pair, pair.trials[0]!);
    await mkdir(this.keptFolder, { recursive: true });
    await keepPair(this.keptFolder, known);
    return known;
  }

  private get keptFolder(): string {
    return join(this.workspace.stateFolder, 'unmanaged');
  }

  /** Nobody else's host is one of its nodes. */
  private has(cluster: Cluster): boolean {
    return cluster.name === this.unmanaged.name && nodesOf(cluster).every(({ name }) => this.nodeNames.includes(name));
  }

  /** Of every host, once. @throws InvalidInputError with a line for each that cannot be asked */
  private tell(): Promise<Map<string, HostTold>> {
    this.told ??= this.ask();
    this.told.catch(() => (this.told = undefined));
    return this.told;
  }

  private async ask(): Promise<Map<string, HostTold>> {
    const problems: string[] = [];
    const told = await Promise.all(
      this.unmanaged.inventory.nodes.map(async ({ name }) => {
        try {
          const access = await this.hosts(name);
          const power = await access.power.state();
          if (power !== 'on') throw new Error(`${name}: is ${power}`);
          const files = await readOwnFiles(new Host(name, access, '').ssh, this.unmanaged);
          return [[name, { ...files, lanInterface: access.lanInterface }] as const];
        } catch (error) {
          problems.push(inWords(name, error as Error));
          return [];
        }
      }),
    );
    if (problems.length > 0) throw new SilentHostError(problems.toSorted().join('\n'));
    return new Map(told.flat());
  }

  /** A name that ssh knows, unless it is said how. */
  private readonly hosts = (node: string) => this.inventory.hosts((name) => name)(node);
}

function knownOf(pair: OwnPair, { cluster, router }: Trial): KeptPair {
  return {
    cluster,
    masters: mastersOf(pair, ({ target, rows }) => takesItBack(target.node.name, rows)),
    interfaces: Object.fromEntries(pair.interfaces),
    settlesWithinMs: settlesWithinMs(pair.trials.flatMap(({ rows }) => rows)),
    asking: probeFlags(router.virtualIp, router.asked),
  };
}

/** @param isKnown whether it is known who has the virtual IP; any one node without */
function mastersOf({ trials }: OwnPair, isKnown: (trial: Trial) => boolean): KeptPair['masters'] {
  return Object.fromEntries(trials.map((trial) => [trial.router.virtualIp, isKnown(trial) ? trial.masters : null]));
}
