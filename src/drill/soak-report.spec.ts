import { expect, it } from '@jest/globals';
import { tierOf } from '../cluster/cluster.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { faultNamed } from './catalogue.js';
import { rowsOf, type SoakRound, verdictOf } from './soak-report.js';

const cluster = editedCluster();
const tier = tierOf(cluster, 'backend');

/** A round of such faults, by name. */
function round(faults: string[], figures: Partial<SoakRound> = {}): SoakRound {
  return {
    faults: faults.map((name) => ({ fault: faultNamed(name), target: { cluster, tier, node: tier.nodes[0]! } })),
    ...{ sent: 1000, failed: 0, failuresByReason: {}, unsent: 0, broken: 0, returnMs: 1000, remarks: [] },
    ...figures,
  };
}

const LOST = { failed: 2, failuresByReason: { timeout: 2 } };

it.each([
  ['a planned operation that lost nothing', round(['stop-app']), 'pass', undefined],
  ['a crash that lost requests', round(['kill-haproxy'], LOST), 'pass', undefined],
  ['a planned operation beside a crash', round(['stop-app', 'kill-haproxy'], LOST), 'pass', undefined],
  [
    'a planned operation on its own that lost requests',
    round(['stop-app'], LOST),
    'fail',
    'planned, and 2 requests failed (2 timeout)',
  ],
  ['a fault that failed', round(['kill-app'], { remarks: ['no such process'] }), 'fail', 'no such process'],
  [
    'a planned operation that nobody has seen',
    round(['stop-app'], { unsent: 20 }),
    'unknown',
    'the prober could not keep its rate: 20 unsent',
  ],
  ['a crash under a late prober', round(['kill-app'], { unsent: 20 }), 'pass', undefined],
])('the verdict on %s', (_what, of, verdict, because) => {
  expect(verdictOf(of)).toEqual(because === undefined ? { verdict } : { verdict, because });
});

it('has a row for each fault, on its own and with another one', () => {
  const rounds = [
    round(['stop-app']),
    round(['kill-app'], { failed: 1, returnMs: 700 }),
    round(['kill-app'], { failed: 2, returnMs: 2000 }),
    round(['kill-app', 'hang-haproxy'], { failed: 40, returnMs: 3000 }),
  ];
  const none = { runs: 0, failed: 0, slowestReturnMs: 0 };
  expect(rowsOf(rounds)).toEqual([
    { fault: 'hang-haproxy', alone: none, withAnother: { runs: 1, failed: 40, slowestReturnMs: 3000 } },
    {
      fault: 'kill-app',
      alone: { runs: 2, failed: 3, slowestReturnMs: 2000 },
      withAnother: { runs: 1, failed: 40, slowestReturnMs: 3000 },
    },
    { fault: 'stop-app', alone: { runs: 1, failed: 0, slowestReturnMs: 1000 }, withAnother: none },
  ]);
});
