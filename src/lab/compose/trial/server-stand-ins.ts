import type Docker from 'dockerode';
import { execute } from '../docker-engine.js';
import { NODE_LABEL, PROJECT_LABEL, ROLE_LABEL } from '../node-containers.js';
import { SERVERS_ROLE } from './trial-topology.js';

/** Where a stand-in is; `node` is undefined for those that are on no node. */
interface Place {
  node: string | undefined;
  address: string;
  port: number;
}

/** The stand-ins for servers of a pair of the user's, to be broken and mended. */
export class ServerStandIns {
  /** @param name of the Compose project */
  constructor(
    private readonly engine: Docker,
    private readonly name: string,
  ) {}

  /** See docker/try/break-servers. @throws Error when they cannot be reached */
  async breakServers(servers: Place[], failure: 'dies' | 'hangs'): Promise<void> {
    for (const [node, those] of Map.groupBy(servers, (server) => server.node))
      await this.at(node, [failure, ...those.map(({ address, port }) => `${address}:${port}`)]);
  }

  async mendServers(servers: Place[]): Promise<void> {
    for (const node of new Set(servers.map((server) => server.node))) await this.at(node, ['mend']);
  }

  private async at(node: string | undefined, words: string[]): Promise<void> {
    const role =
      node === undefined ? [`${ROLE_LABEL}=${SERVERS_ROLE}`] : [`${ROLE_LABEL}=node`, `${NODE_LABEL}=${node}`];
    const filters = { label: [`${PROJECT_LABEL}=${this.name}`, ...role] };
    const [container] = await this.engine.listContainers({ filters });
    if (!container) throw new Error(`no stand-ins run for servers${node === undefined ? '' : ` on ${node}`}`);
    await execute(this.engine.getContainer(container.Id), ['break-servers', ...words]);
  }
}
