import { expect, it } from '@jest/globals';
import { editedCluster, nodes } from '../../cluster/testing/edited-cluster.js';
import { renderTopology } from '../../rendering/render.js';
import { DEFINITION_LABEL, parseTopology } from './topology.js';

const TEMPLATES = new URL('../../../config-templates', import.meta.url).pathname;

it('reads the topology of the largest cluster', async () => {
  const cluster = editedCluster({
    'tiers.frontend.nodes': nodes('frontend', 8, 11),
    'tiers.backend.nodes': nodes('backend', 8, 21),
  });
  const { services } = parseTopology(await renderTopology(cluster, TEMPLATES));
  expect(services['backend-08-app']).toMatchObject({
    image: 'ha-demo/service',
    labels: { [DEFINITION_LABEL]: expect.any(String), 'ha-demo.node': 'backend-08' },
  });
});
