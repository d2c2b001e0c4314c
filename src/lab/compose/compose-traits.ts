import type { Cluster } from '../../cluster/cluster.js';
import type { LabCapabilities, LabTraits } from '../lab.js';
import type { OwnedEngine } from './owned-engine.js';

export const TRAITS: LabTraits = {
  kind: 'containers',
  healthyWithinMs: 60_000,
  startedWithinMs: 30_000,
  updatedWithinMs: 20_000,
  lookIntervalMs: 250,
  startCommand: './ha-demo up',
};

/** @param ownedEngine that ./ha-demo has started */
export function capabilitiesOf({ lan }: Cluster, ownedEngine: OwnedEngine | undefined): LabCapabilities {
  return {
    // An engine takes `docker kill` for a decision of the user and leaves the container alone.
    restartsAfterCrash: false,
    switchesNodes: true,
    suspendsNodes: true,
    // On a macvlan network all nodes share the host's own interface.
    unplugsNodes: lan.type === 'bridge',
    isolatesNodes: lan.type === 'bridge',
    upgradesImages: true,
    fillsRunFolders: true,
    restartsEngine: ownedEngine !== undefined,
    hasForeignRouters: true,
  };
}
