import type Docker from 'dockerode';
import type { Cluster } from '../../cluster/cluster.js';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import { type PowerState, type ServiceCondition } from '../lab.js';

/** Labels of the containers; the topology's template sets them. */
export const NODE_LABEL = 'ha-demo.node';
export const ROLE_LABEL = 'ha-demo.role';
export const PROJECT_LABEL = 'com.docker.compose.project';

/** The node itself is what the others live in. */
const ROLES = [...SERVICE_NAMES, 'node'] as const;
export type Role = (typeof ROLES)[number];

/** The containers of a lab's nodes, as the engine had them at one moment. */
export class NodeContainers {
  private constructor(
    private readonly engine: Docker,
    private readonly containers: Docker.ContainerInfo[],
  ) {}

  static async ofLab(engine: Docker, { name }: Cluster): Promise<NodeContainers> {
    const label = [`${PROJECT_LABEL}=${name}`, NODE_LABEL];
    return new NodeContainers(engine, await engine.listContainers({ all: true, filters: { label } }));
  }

  /** Nodes that have containers, whether cluster.yaml still names them or not. */
  nodes(): string[] {
    return [...new Set(this.containers.map(({ Labels }) => Labels[NODE_LABEL] ?? ''))];
  }

  /** @throws Error when there is none */
  container(node: string, role: Role): Docker.Container {
    const info = this.find(node, role);
    if (!info) throw new Error(`${node} has no ${role} in this lab: ./ha-demo up`);
    return this.engine.getContainer(info.Id);
  }

  isRunning(node: string, role: Role): boolean {
    return this.stateOf(node, role) === 'running';
  }

  powerOf(node: string): PowerState {
    if (this.stateOf(node, 'node') === 'paused') return 'suspended';
    return this.isRunning(node, 'node') ? 'on' : 'off';
  }

  conditionOf(node: string, service: ServiceName): ServiceCondition {
    if (this.stateOf(node, service) === 'paused') return 'hung';
    return this.isRunning(node, service) ? 'up' : 'down';
  }

  /** @throws Error when the node is off or suspended */
  assertOn(node: string): void {
    const power = this.powerOf(node);
    if (power !== 'on') throw new Error(`${node} is ${power}: ./ha-demo start node ${node}`);
  }

  async start(node: string, role: Role): Promise<void> {
    await this.container(node, role).start().catch(unlessNothingToDo);
  }

  async stop(node: string, role: Role): Promise<void> {
    await this.container(node, role).stop().catch(unlessNothingToDo);
  }

  async pause(node: string, role: Role): Promise<void> {
    if (this.isRunning(node, role)) await this.container(node, role).pause();
  }

  async unpause(node: string, role: Role): Promise<void> {
    if (this.stateOf(node, role) === 'paused') await this.container(node, role).unpause();
  }

  /** Its processes, in no order. The kernel is the host's, and goes on. */
  async pauseNode(node: string): Promise<void> {
    for (const role of ROLES) await this.pause(node, role);
  }

  async unpauseNode(node: string): Promise<void> {
    for (const role of ROLES) await this.unpause(node, role);
  }

  async kill(node: string, role: Role): Promise<void> {
    const container = this.container(node, role);
    const state = this.stateOf(node, role);
    if (state === 'paused')
      await container.unpause(); // the engine kills no container that is paused
    else if (state !== 'running') return;
    await container.kill();
    await container.wait();
  }

  /** ms since 1970; Infinity for what is not there, which runs on nothing old. */
  async startedAtMs(node: string, role: Role): Promise<number> {
    const info = this.find(node, role);
    if (!info) return Infinity;
    const { State } = await this.engine.getContainer(info.Id).inspect();
    return Date.parse(State.StartedAt);
  }

  private find(node: string, role: Role): Docker.ContainerInfo | undefined {
    return this.containers.find(({ Labels }) => Labels[NODE_LABEL] === node && Labels[ROLE_LABEL] === role);
  }

  private stateOf(node: string, role: Role): string {
    return this.find(node, role)?.State ?? 'missing';
  }
}

/** For `.catch()`: ignores the engine's status 304 (already started, or stopped), and throws any other error again. */
export function unlessNothingToDo(error: Error & { statusCode?: number }): void {
  if (error.statusCode !== 304) throw error;
}
