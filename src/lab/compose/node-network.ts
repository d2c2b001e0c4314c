import type Docker from 'dockerode';
import type { Cluster } from '../../cluster/cluster.js';
import type { LossOptions } from '../fault-ports.js';
import { dropPacketsCommand, interfacesOnLan } from '../node-commands.js';
import { execute } from './docker-engine.js';
import { NodeContainers, PROJECT_LABEL } from './node-containers.js';

/** What they are called in a node, whose name is given. */
export interface NodeInterfaces {
  /** That of its cable. */
  onLan(node: string): string;
  /** Those at which packets of the LAN arrive, such as of virtual MACs, too; as iptables(8) takes them. */
  arriving(node: string): string[];
}

export function interfacesOf(cluster: Cluster): NodeInterfaces {
  return { onLan: () => cluster.lan.interface, arriving: (node) => interfacesOnLan(cluster, node) };
}

/** Changes to the nodes' networks, made from outside by short-lived containers of the keepalived image. */
export class NodeNetwork {
  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
    private readonly interfaces: NodeInterfaces,
  ) {}

  /** @throws Error when the node is not on, or the command fails */
  async inNode(node: string, command: string[]): Promise<void> {
    const containers = await NodeContainers.ofLab(this.engine, this.cluster);
    containers.assertOn(node);
    await this.run(`container:${containers.container(node, 'node').id}`, command);
  }

  /** See PacketLoss. @throws Error when the node is not on */
  async dropPackets(node: string, share: number, which: LossOptions): Promise<void> {
    await this.inNode(node, dropPacketsCommand(this.interfaces.arriving(node), share, which));
  }

  /** Takes the node's end of its cable down; of one that is suspended, too. */
  async cutOff(node: string): Promise<void> {
    const { id } = (await NodeContainers.ofLab(this.engine, this.cluster)).container(node, 'node');
    await this.run(`container:${id}`, ['ip', 'link', 'set', this.interfaces.onLan(node), 'down']);
  }

  /** @throws Error where nodes have no cables, or when the node is not on */
  async setCable(node: string, state: 'up' | 'down'): Promise<void> {
    await this.run('host', ['ip', 'link', 'set', await this.switchPort(node), state]);
  }

  /**
   * By the port's state in the spanning tree (bridge(8)).
   * @throws Error where nodes have no cables, or when the node is not on
   */
  async setForwarding(node: string, state: 'disabled' | 'forwarding'): Promise<void> {
    const number = { disabled: '0', forwarding: '3' }[state];
    await this.run('host', ['bridge', 'link', 'set', 'dev', await this.switchPort(node), 'state', number]);
  }

  /** The other end of the node's cable is in the host's network: the node keeps its addresses and routes. */
  private async switchPort(node: string): Promise<string> {
    const { type } = this.cluster.lan;
    if (type !== 'bridge') throw new Error(`${node} has no cable of its own on a ${type} network`);
    const containers = await NodeContainers.ofLab(this.engine, this.cluster);
    containers.assertOn(node);
    const index = await execute(containers.container(node, 'node'), [
      'cat',
      `/sys/class/net/${this.interfaces.onLan(node)}/iflink`,
    ]);
    return `if${index.trim()}`;
  }

  /** @param networkMode as the engine has it */
  private async run(networkMode: string, command: string[]): Promise<void> {
    const helper = await this.engine.createContainer({
      Image: 'ha-demo/keepalived',
      Entrypoint: command,
      Tty: true,
      Labels: { [PROJECT_LABEL]: this.cluster.name },
      HostConfig: {
        NetworkMode: networkMode,
        CapDrop: ['ALL'],
        CapAdd: ['NET_ADMIN', 'NET_RAW'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        Tmpfs: { '/tmp': '' },
      },
    });
    try {
      await helper.start();
      const { StatusCode } = (await helper.wait()) as { StatusCode: number };
      if (StatusCode === 0) return;
      const said = (await helper.logs({ stdout: true, stderr: true })).toString().trim();
      throw new Error(`${command.join(' ')}: exit code ${StatusCode}: ${said}`);
    } finally {
      await helper.remove({ force: true });
    }
  }
}
