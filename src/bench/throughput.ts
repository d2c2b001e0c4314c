import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, type Node, nodesOf, tierOf, virtualUrl } from '../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import { percentile } from '../drill/spread.js';
import type { ContainerUsage, SideContainers, WrkResult } from '../lab/compose/side-containers.js';
import type { LabObserver, ServiceControl } from '../lab/lab.js';
import type { ArrangementName, BenchReport, ContainerCost, Throughput } from './bench-report.js';
import { viaVirtualIp, warmUp } from './warm-up.js';

/** Of the services that know no HAProxy, beside those of the lab. */
const ALONE_PORT = 3100;
const READY_WITHIN_MS = 30_000;

interface Arrangement {
  name: ArrangementName;
  description: string;
  targets: string[];
  /** @returns what ends it */
  arrange: () => Promise<() => Promise<void>>;
}

export interface ThroughputSettings {
  rounds: number;
  connections: number;
  durationSeconds: number;
  /** A folder that containers may read, for what they are handed. */
  folder: string;
  /** docker/bench/bare-server.cjs */
  bareServer: string;
  onArrangement: (description: string, round: number) => void;
}

/**
 * The whole chain, against the services without HAProxy, against bare Node servers behind the same HAProxies. They take
 * turns, round by round, so that a machine whose speed drifts is the same to all of them.
 */
export class ThroughputBench {
  constructor(
    private readonly cluster: Cluster,
    private readonly lab: LabObserver & ServiceControl,
    private readonly containers: SideContainers,
    private readonly settings: ThroughputSettings,
  ) {}

  async run(): Promise<Pick<BenchReport, 'throughput' | 'ratios' | 'containers'>> {
    const { rounds, connections, durationSeconds, onArrangement } = this.settings;
    const arrangements = [this.chain(), this.services(), this.bare()];
    const results = new Map<ArrangementName, WrkResult[]>(arrangements.map(({ name }) => [name, []]));
    let costs: ContainerCost[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, description, targets, arrange } of arrangements) {
        onArrangement(description, round);
        const end = await arrange();
        try {
          const load = { targets, path: '/frontend', connections };
          await warmUp(this.containers, load);
          const before = await this.containers.usage();
          const result = await this.containers.load({ ...load, durationSeconds });
          if (name === 'chain') costs = costsOf(before, await this.containers.usage(), result);
          results.get(name)!.push(result);
        } finally {
          await end();
        }
      }
    }
    const throughput = arrangements.map(({ name, description }) => throughputOf(name, description, results.get(name)!));
    const rate = (name: ArrangementName) => throughput.find((one) => one.name === name)!.requestsPerSecond;
    return {
      throughput,
      ratios: {
        haproxyCost: 1 - rate('chain') / rate('services'),
        bareToServices: rate('bare') / rate('chain'),
      },
      containers: costs,
    };
  }

  private chain(): Arrangement {
    return {
      name: 'chain',
      description: 'the whole chain: HAProxy, frontend, HAProxy, backend',
      targets: [viaVirtualIp(this.cluster)],
      arrange: async () => async () => {},
    };
  }

  /** Each frontend asks one backend, directly. */
  private services(): Arrangement {
    const [frontends, backends] = [tierOf(this.cluster, 'frontend').nodes, tierOf(this.cluster, 'backend').nodes];
    return {
      name: 'services',
      description: 'the services alone: frontend, backend',
      targets: frontends.map(({ address }) => `${address}:${ALONE_PORT}`),
      arrange: () =>
        this.startAll(frontends, (node, index) => this.startAlone(node, backends[index % backends.length]!)),
    };
  }

  private bare(): Arrangement {
    return {
      name: 'bare',
      description: 'bare Node servers behind the same HAProxies',
      targets: [viaVirtualIp(this.cluster)],
      arrange: async () => {
        const nodes = nodesOf(this.cluster);
        const file = join(this.settings.folder, 'bare-server.cjs');
        await copyFile(this.settings.bareServer, file);
        const backToServices = async () => {
          for (const { name } of nodes) await this.lab.startService(name, 'app');
          await this.untilServersAreUp();
        };
        try {
          for (const { name } of nodes) await this.lab.stopService(name, 'app');
          const end = await this.startAll(nodes, (node) => this.startBare(node, file));
          await this.untilServersAreUp();
          return async () => {
            await end();
            await backToServices();
          };
        } catch (error) {
          await backToServices();
          throw error;
        }
      },
    };
  }

  private async startAlone({ name }: Node, backend: Node): Promise<() => Promise<void>> {
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

  /** @param file the bare server, which no container may find half written */
  private startBare({ name, tier }: Node, file: string): Promise<() => Promise<void>> {
    const { cluster } = this;
    const backendUrl = tier === 'frontend' ? [virtualUrl(cluster, 'backend')] : [];
    return this.containers.startInNode(
      name,
      ['node', '/bench/bare-server.cjs', name, tier, String(cluster.ports.service), ...backendUrl],
      [`${file}:/bench/bare-server.cjs:ro`],
    );
  }

  /** All of them, or none. */
  private async startAll(
    nodes: Node[],
    start: (node: Node, index: number) => Promise<() => Promise<void>>,
  ): Promise<() => Promise<void>> {
    const ends: (() => Promise<void>)[] = [];
    const endAll = async () => {
      for (const end of ends) await end();
    };
    try {
      for (const [index, node] of nodes.entries()) ends.push(await start(node, index));
    } catch (error) {
      await endAll();
      throw error;
    }
    return endAll;
  }

  /** As the HAProxies see it: whether it is the lab's own service that answers does not matter. */
  private untilServersAreUp(): Promise<void> {
    const missing = async () => {
      const nodes = await this.lab.observe();
      return nodes.flatMap(({ node, servers }) => {
        if (servers.length === 0) return [`${node}: its HAProxy does not answer`];
        const others = servers.filter(({ status }) => status !== 'UP');
        return others.map(({ name, status, check }) => `${node}: its HAProxy sees ${name} ${status} (${check})`);
      });
    };
    return waitUntilNothingIsMissing('servers behind every HAProxy', missing, { deadlineMs: READY_WITHIN_MS });
  }
}

function throughputOf(name: ArrangementName, description: string, results: WrkResult[]): Throughput {
  const median = (figure: (result: WrkResult) => number) => percentile(results.map(figure), 50);
  return {
    name,
    description,
    requestsPerSecond: median(({ requests, durationUs }) => requests / (durationUs / 1e6)),
    latencyMs: {
      p50: median(({ p50Us }) => p50Us / 1000),
      p90: median(({ p90Us }) => p90Us / 1000),
      p99: median(({ p99Us }) => p99Us / 1000),
      max: median(({ maxUs }) => maxUs / 1000),
    },
    errors: results.reduce((sum, { errors }) => sum + errors, 0),
  };
}

function costsOf(before: ContainerUsage[], after: ContainerUsage[], { requests }: WrkResult): ContainerCost[] {
  return after.flatMap(({ name, cpuMs, memoryBytes }) => {
    const earlier = before.find((one) => one.name === name);
    if (!earlier) return [];
    return [
      { name, cpuMsPer1000Requests: ((cpuMs - earlier.cpuMs) / requests) * 1000, memoryMb: memoryBytes / 2 ** 20 },
    ];
  });
}
