import { nodesOf } from '../../cluster/cluster.js';
import { type Fault, missingCondition } from '../fault.js';

export const restartEngine: Fault = {
  name: 'restart-engine',
  tag: 'crash',
  description: 'stop the container engine, and with it all nodes of both tiers, and start it again: they stay off',
  scope: 'tier',
  classicClaim: '-',
  predict: () => ({
    fromMs: 0,
    untilMs: null,
    because: 'containers have no restart policy: somebody has to start them',
  }),
  skippedBecause: ({ restartsEngine }, { hosting }) => {
    if (restartsEngine) return undefined;
    return hosting === 'machines' ? 'machines run no engine' : 'the engine is not one that ./ha-demo has started';
  },
  onlyByName: true,
  endsClientsInLan: true,
  inject: (lab) => lab.restartEngine(),
  heal: (lab) => lab.startLab(),
  missingEffect: (target, seen) =>
    nodesOf(target.cluster).flatMap((node) => missingCondition({ ...target, node }, seen, { power: 'off' })),
};
