import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { check } from '../check/check.js';
import type { WhatIfRow } from '../check/what-if/what-if.js';
import { type Cluster, type Hosting } from '../cluster/cluster.js';
import { type Edits, editedCluster, nodes } from '../cluster/testing/edited-cluster.js';
import type { Prediction } from '../drill/drill-report.js';
import { deadHaproxy, hungHaproxy, silentMaster } from '../drill/prediction.js';
import { labConfiguration } from './lab-configuration.js';

const TEMPLATES = fileURLToPath(new URL('../../config-templates', import.meta.url));
/** Failures that drills cause, and what these predict. */
const PREDICTED = { 'haproxy-dies': deadHaproxy, 'haproxy-hangs': hungHaproxy, 'host-dies': silentMaster } as const;

const larger = (count: number): Edits => ({
  'tiers.frontend.nodes': nodes('frontend', count, 31),
  'tiers.backend.nodes': nodes('backend', count, 51),
});

const LABS: [string, Edits, Hosting][] = (['containers', 'machines'] as const).flatMap((hosting) =>
  ['tuned', 'classic'].flatMap((profile) =>
    [2, 3, 8].map((count): [string, Edits, Hosting] => [
      `${profile}, ${count} nodes, ${hosting}`,
      { profile, ...(count > 2 ? larger(count) : {}) },
      hosting,
    ]),
  ),
);

function rowOf(rows: WhatIfRow[], failure: string, on: string): WhatIfRow {
  return rows.find((row) => row.failure === failure && row.on === on)!;
}

describe.each(LABS)('%s', (_name, edits, hosting) => {
  const cluster: Cluster = editedCluster(edits, hosting);

  it('nothing is wrong with what is rendered, and drills predict what its what-if says', async () => {
    const report = check(await labConfiguration(cluster, TEMPLATES));
    expect(report.findings).toEqual([]);
    expect(report.notUnderstood).toEqual([]);
    expect(report.suppressionProblems).toEqual([]);
    for (const tier of cluster.tiers) {
      const [node, next] = tier.nodes;
      for (const [failure, predict] of Object.entries(PREDICTED)) {
        const prediction: Prediction = predict({ cluster, tier, node: node! });
        const { newMaster, withinMs } = rowOf(report.whatIf, failure, node!.name);
        expect({ failure, newMaster, withinMs }).toEqual({
          failure,
          newMaster: next!.name,
          withinMs: [expect.closeTo(prediction.fromMs, 3), expect.closeTo(prediction.untilMs!, 3)],
        });
      }
    }
  });
});
