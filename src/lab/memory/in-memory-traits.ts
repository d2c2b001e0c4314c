import type { LabCapabilities, LabTraits } from '../lab.js';

export const TRAITS: LabTraits = {
  kind: 'memory',
  healthyWithinMs: 60_000,
  startedWithinMs: 30_000,
  updatedWithinMs: 20_000,
  lookIntervalMs: 250,
  startCommand: './ha-demo up',
};

/** Whatever a lab may be able to do; nothing comes back by itself. */
export const CAPABILITIES: LabCapabilities = {
  restartsAfterCrash: false,
  switchesNodes: true,
  suspendsNodes: true,
  unplugsNodes: true,
  isolatesNodes: true,
  upgradesImages: true,
  fillsRunFolders: true,
  restartsEngine: true,
  hasForeignRouters: true,
};
