import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, type Node, nodesOf, tierOf, virtualUrl } from '../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import type { OtherVersion, SideContainers } from '../lab/compose/side-containers.js';
import type { LabObserver, ServiceControl } from '../lab/lab.js';
import { labProblems } from '../lab/lab-problems.js';
import type { Arrangement } from './arrangement.js';
import { viaVirtualIp } from './warm-up.js';

/** Of the services that know no HAProxy, beside those of the lab. */
const ALONE_PORT = 3100;
const READY_WITHIN_MS = 30_000;

type Undo = () => Promise<void>;

export interface ArrangerSettings {
  /** A folder that containers may read, for what they are handed. */
  folder: string;
  /** docker/bench/bare-server.cjs */
  bareServer: string;
  /** What the other commit has, when there is one. */
  against?: Record<'app' | 'haproxy', OtherVersion> | undefined;
}

/** Makes a running lab serve in other arrangements, and as before in the end. keepalived is the lab's own in all of them. */
export class Arranger {
  constructor(
    private readonly cluster: Cluster,
    private readonly lab: LabObserver & ServiceControl,
    private readonly containers: SideContainers,
    private readonly settings: ArrangerSettings,
  ) {}

  /** Who is asked, as wrk's targets. */
  targetsOf({ haproxies }: Arrangement): string[] {
    if (haproxies !== 'none') return [viaVirtualIp(this.cluster)];
    return tierOf(this.cluster, 'frontend').nodes.map(({ address }) => `${address}:${ALONE_PORT}`);
  }

  /**
   * Does some work while the lab serves in an arrangement, and restores the lab afterwards. All servers are newly started: those
   * that have served for longer have more of their code compiled.
   * @throws the signal's reason @throws DeadlineExceededError when the servers are not ready within 30 s
   * @throws the first error of the restoring
   */
  async during<Result>(arrangement: Arrangement, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const undo: Undo[] = [];
    try {
      for (const step of this.stepsOf(arrangement)) {
        signal.throwIfAborted();
        await step(undo);
      }
      await this.untilReady();
      return await work();
    } finally {
      await this.undoAll(undo);
    }
  }

  /** Ends what an interrupted bench has left. */
  async restore(): Promise<void> {
    if (!(await this.containers.removeLeft())) return;
    for (const { name } of nodesOf(this.cluster))
      for (const service of ['haproxy', 'app'] as const) await this.lab.startService(name, service);
    await this.untilReady();
  }

  /** Each puts what undoes it on the list, before it begins. */
  private stepsOf({ servers, haproxies }: Arrangement): ((undo: Undo[]) => Promise<void>)[] {
    const nodes = nodesOf(this.cluster);
    return [
      ...(haproxies === 'against'
        ? nodes.map(
            (node) => (undo: Undo[]) => this.replace(undo, node, 'haproxy', () => this.startOther(node, 'haproxy')),
          )
        : []),
      ...nodes.map((node) => (undo: Undo[]) => {
        if (servers === 'own') return this.restartApp(node);
        return this.replace(undo, node, 'app', () =>
          servers === 'bare' ? this.startBare(node) : this.startOther(node, 'app'),
        );
      }),
      ...(haproxies === 'none'
        ? tierOf(this.cluster, 'frontend').nodes.map((node, index) => async (undo: Undo[]) => {
            const backends = tierOf(this.cluster, 'backend').nodes;
            undo.push(await this.startAlone(node, backends[index % backends.length]!));
          })
        : []),
    ];
  }

  private async undoAll(undo: Undo[]): Promise<void> {
    if (undo.length === 0) return;
    const failures: Error[] = [];
    for (const one of undo.toReversed()) await one().catch((error: Error) => failures.push(error));
    if (failures[0]) throw failures[0];
    await this.untilReady();
  }

  private async replace(
    undo: Undo[],
    { name }: Node,
    service: 'app' | 'haproxy',
    start: () => Promise<Undo>,
  ): Promise<void> {
    undo.push(() => this.lab.startService(name, service));
    await this.lab.stopService(name, service);
    undo.push(await start());
  }

  private async restartApp({ name }: Node): Promise<void> {
    await this.lab.stopService(name, 'app');
    await this.lab.startService(name, 'app');
  }

  private startOther({ name }: Node, service: 'app' | 'haproxy'): Promise<Undo> {
    const { against } = this.settings;
    if (!against) throw new Error('there is no other commit to take it from');
    return this.containers.startInPlace(name, service, against[service]);
  }

  /** A service whose HAProxy is left out. */
  private async startAlone({ name }: Node, backend: Node): Promise<Undo> {
    const { ports, profile } = this.cluster;
    const settings = {
      node: name,
      tier: 'frontend',
      port: ALONE_PORT,
      backend: {
        url: `http://${backend.address}:${ports.service}/backend`,
        attemptTimeoutMs: profile.service.backendAttemptTimeoutMs,
        attempts: profile.service.backendAttempts,
      },
      statistics: { port: ports.statistics, publishedTierPort: ports.tier, publishedPort: ports.statistics },
      warmUpMs: profile.service.warmUpMs,
      drainMs: 0,
      closeTimeoutMs: 1000,
    };
    const folder = join(this.settings.folder, 'nodes', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'service.json'), JSON.stringify(settings));
    return this.containers.startInNode(name, [], [`${this.settings.folder}:/etc/ha-demo:ro`]);
  }

  private async startBare({ name, tier }: Node): Promise<Undo> {
    const { cluster } = this;
    const file = join(this.settings.folder, 'bare-server.cjs');
    await copyFile(this.settings.bareServer, file);
    const backendUrl = tier === 'frontend' ? [virtualUrl(cluster, 'backend')] : [];
    return this.containers.startInNode(
      name,
      ['node', '/bench/bare-server.cjs', name, tier, String(cluster.ports.service), ...backendUrl],
      [`${file}:/bench/bare-server.cjs:ro`],
    );
  }

  /** As keepalived and the HAProxies see it: whether it is the lab's own container that answers does not matter. */
  private untilReady(): Promise<void> {
    const missing = async () => {
      const nodes = await this.lab.observe();
      const servers = nodes.flatMap(({ node, servers }) => {
        if (servers.length === 0) return [`${node}: its HAProxy does not answer`];
        const others = servers.filter(({ status }) => status !== 'UP');
        return others.map(({ name, status, check }) => `${node}: its HAProxy sees ${name} ${status} (${check})`);
      });
      const problems = labProblems(this.cluster, nodes).filter(({ isDown }) => !isDown);
      return [...servers, ...problems.map(({ text }) => text)];
    };
    return waitUntilNothingIsMissing('servers behind every HAProxy, and holders of the virtual IPs', missing, {
      deadlineMs: READY_WITHIN_MS,
    });
  }
}
