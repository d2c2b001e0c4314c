import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';

export const fullDisk: Fault = {
  name: 'full-disk',
  tag: 'resource',
  description: "the node's /run/ha-demo is full: nothing new can be written there",
  scope: 'node',
  leaves: ['router', 'app'],
  classicClaim: '-',
  predict: () => nothing('what keeps the node going is written in place'),
  skippedBecause: ({ fillsRunFolders }) =>
    fillsRunFolders ? undefined : "/run/ha-demo is a part of the machine's /run",
  inject: (lab, { node }) => lab.fillRunFolder(node.name),
  heal: (lab, { node }) => lab.freeRunFolder(node.name),
  missingEffect: ({ node }, seen) =>
    seen.find((one) => one.node === node.name)?.runFolderFull ? [] : [`/run/ha-demo of ${node.name} is not full`],
};
