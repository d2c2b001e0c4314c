import type { TrialPods, TrialRelease } from '../lab/compose/trial/trial-topology.js';
import { serversFile } from './servers-file.js';
import type { World } from './world.js';

/** What containers are made of for a world. @param release of Debian, whose programs run @param inputOf where a node's files are, by its name */
export function podsOf(
  { lan, nodes, virtualRouters, standIns, hosts }: World,
  release: TrialRelease,
  inputOf: (node: string) => string,
): TrialPods {
  return {
    release,
    lan,
    virtualIps: virtualRouters.map(({ virtualIp }) => virtualIp),
    hosts,
    nodes: nodes.map(({ name, address, interfaces, users, missingCertificates, standIns: own, bindsNonlocal }) => ({
      ...{ name, address, interfaces, users, certificates: missingCertificates, bindsNonlocal },
      input: inputOf(name),
      servers: serversFile(own),
    })),
    servers:
      standIns.length === 0
        ? undefined
        : { configuration: serversFile(standIns), addresses: [...new Set(standIns.map(({ address }) => address))] },
  };
}
