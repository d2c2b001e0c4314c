import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DockerComposeEnvironment, type StartedDockerComposeEnvironment } from 'testcontainers';
import { parse } from 'yaml';
import { type Cluster, tierOf, virtualUrl } from '../../src/cluster/cluster.js';
import type { TierName } from '../../src/cluster/cluster-file.js';
import { ComposeLab } from '../../src/lab/compose/compose-lab.js';
import { ComposeProject } from '../../src/lab/compose/compose-project.js';
import { type Engine, execute } from '../../src/lab/compose/docker-engine.js';
import { OwnedEngine } from '../../src/lab/compose/owned-engine.js';
import { theEngine } from './engine-host.js';
import { LabWaits } from './lab-waits.js';
import { whileProbed } from './while-probed.js';
import { type TestLab, TestWorkspace } from './workspace.js';

/** A lab that Testcontainers has started from the rendered topology. */
export class RunningLab extends LabWaits<ComposeLab> {
  private constructor(
    cluster: Cluster,
    lab: ComposeLab,
    readonly engine: Engine,
    readonly workspace: TestWorkspace,
    private readonly environment: StartedDockerComposeEnvironment,
  ) {
    super(cluster, lab);
  }

  /** @param forEveryService what Compose adds to the definition of every service, such as `{ security_opt: [...] }` */
  static async start(
    testLab: TestLab,
    edit?: (clusterYaml: string) => string,
    forEveryService: object = {},
  ): Promise<RunningLab> {
    const workspace = await TestWorkspace.create(testLab, edit);
    const { folder, topologyFile } = workspace.files;
    const { services } = parse(await readFile(topologyFile, 'utf8'), { merge: true }) as { services: object };
    const additions = Object.fromEntries(Object.keys(services).map((service) => [service, forEveryService]));
    await writeFile(join(folder, 'compose/additions.json'), JSON.stringify({ services: additions }));
    const environment = await new DockerComposeEnvironment(folder, ['compose/topology.yaml', 'compose/additions.json'])
      .withProjectName(testLab.name)
      .withClientOptions({ composeOptions: ['--project-directory', folder] })
      .up();
    const [cluster, engine] = await Promise.all([workspace.cluster(), theEngine()]);
    const project = new ComposeProject(engine, cluster.name, workspace.files);
    const running = new RunningLab(
      cluster,
      new ComposeLab(engine, cluster, project, OwnedEngine.find({ dockerHost: process.env['DOCKER_HOST'] })),
      engine,
      workspace,
      environment,
    );
    try {
      await running.untilHealthy();
    } catch (error) {
      await running.stop();
      throw error;
    }
    return running;
  }

  async stop(): Promise<void> {
    await this.environment.down({ timeout: 10_000, removeVolumes: true });
    await this.workspace.remove();
  }

  /** The names of the nodes that hold the tier's virtual IP. */
  async holders(tier: TierName): Promise<string[]> {
    const { virtualIp } = tierOf(this.cluster, tier).virtualRouter;
    return (await this.lab.observe()).filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map(({ node }) => node);
  }

  /** HAProxy of the tier's first node is killed, the second node takes over; then everything is as before. */
  async killHaproxyAndStartIt(tier: TierName): Promise<void> {
    const [first, second] = tierOf(this.cluster, tier).nodes.map(({ name }) => name);
    await this.lab.killService(first!, 'haproxy');
    await this.untilHeldBy(tier, second!);
    await this.lab.startService(first!, 'haproxy');
    await this.untilHealthy();
    await this.untilHeldBy(tier, first!);
  }

  /** Runs a command in one of the lab's containers, such as `frontend-01-haproxy`. */
  inContainer(composeService: string, command: string[]): Promise<string> {
    return execute(this.container(composeService), command);
  }

  container(composeService: string): ReturnType<Engine['getContainer']> {
    return this.engine.getContainer(`${this.cluster.name}-${composeService}-1`);
  }

  async logsOf(composeService: string): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)(
      'docker',
      ['logs', `${this.cluster.name}-${composeService}-1`],
      {
        maxBuffer: 64 * 2 ** 20,
      },
    );
    return stdout + stderr;
  }

  /** A GET from inside the LAN, where a client would be, on a fresh connection each. */
  async get(url: string, init: { method?: string; headers?: Record<string, string> } = {}): Promise<HttpAnswer> {
    const script = `
      const response = await fetch(process.argv[1], { ...JSON.parse(process.argv[2]), signal: AbortSignal.timeout(10_000) });
      console.log(JSON.stringify({ status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }));`;
    const { stdout } = await promisify(execFile)('docker', [
      ...[
        'run',
        '--rm',
        '--network',
        `${this.cluster.name}_lan`,
        '--label',
        `com.docker.compose.project=${this.cluster.name}`,
      ],
      ...['ha-demo/service', 'node', '--input-type=module', '--eval', script, '--', url, JSON.stringify(init)],
    ]);
    return JSON.parse(stdout) as HttpAnswer;
  }

  urlOf(tier: TierName, path?: string): string {
    return virtualUrl(this.cluster, tier, path);
  }

  statisticsUrlOf(tier: TierName, path = '/'): string {
    return `http://${tierOf(this.cluster, tier).virtualRouter.virtualIp}:${this.cluster.ports.statistics}${path}`;
  }

  /** See test/support/while-probed.ts. */
  whileProbed(action: () => Promise<void>): ReturnType<typeof whileProbed> {
    return whileProbed(this.cluster, action);
  }
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}
