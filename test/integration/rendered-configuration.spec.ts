import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROFILE_NAMES } from '../../src/cluster/cluster-file.js';
import { editedCluster, nodes } from '../../src/cluster/testing/edited-cluster.js';
import { ComposeProject } from '../../src/lab/compose/compose-project.js';
import { connectToEngine } from '../../src/lab/compose/docker-engine.js';
import { renderConfiguration } from '../../src/rendering/render.js';
import { TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let project: ComposeProject;

beforeAll(async () => {
  workspace = await TestWorkspace.create({ name: 'ha-demo-rendered', network: '192.168.95', portOffset: 400 });
  project = new ComposeProject(await connectToEngine(), workspace.lab.name, workspace.files);
});

afterAll(() => workspace.remove());

describe.each(PROFILE_NAMES)('what is rendered for the profile %s', (profile) => {
  test.each([2, 3, 8])(
    'passes `haproxy -c` and `keepalived -t` with %d nodes a tier',
    async (count) => {
      const cluster = editedCluster({
        profile,
        'tiers.frontend.nodes': nodes('frontend', count, 11),
        'tiers.backend.nodes': nodes('backend', count, 21),
      });
      const files = await renderConfiguration(cluster, workspace.files.templatesFolder);
      expect([...files.keys()].filter((file) => file.endsWith('keepalived.conf'))).toHaveLength(2 * count);
      await project.validate(files);
    },
    30_000,
  );
});

test.each([
  ['haproxy', 'balance roundrobin', 'balance roundrobbin', 'balance only supports'],
  ['keepalived', 'virtual_router_id', 'virtual_router_ids', "Unknown keyword 'virtual_router_ids'"],
])(
  'what %s does not take does not pass',
  async (binary, from, to, complaint) => {
    const files = await renderConfiguration(editedCluster(), workspace.files.templatesFolder);
    const file = `nodes/backend-02/${binary === 'haproxy' ? 'haproxy.cfg' : 'keepalived.conf'}`;
    files.set(file, files.get(file)!.replace(from, to));
    await expect(project.validate(files)).rejects.toThrow(complaint);
  },
  30_000,
);
