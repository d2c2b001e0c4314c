import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROFILE_NAMES } from '../../src/cluster/cluster-file.js';
import { withLanInterface } from '../../src/cluster/cluster.js';
import { editedCluster, nodes } from '../../src/cluster/testing/edited-cluster.js';
import { InvalidInputError } from '../../src/common/errors.js';
import { ComposeProject } from '../../src/lab/compose/compose-project.js';
import { renderConfiguration, renderTopology } from '../../src/rendering/render.js';
import { theEngine } from '../support/engine-host.js';
import { TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let project: ComposeProject;

beforeAll(async () => {
  workspace = await TestWorkspace.create({ name: 'ha-demo-rendered', network: '192.168.95', portOffset: 400 });
  project = new ComposeProject(await theEngine(), workspace.lab.name, workspace.files);
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
      await project.validate(files, await renderTopology(cluster, workspace.files.templatesFolder));
    },
    30_000,
  );
});

test('what is rendered for virtual machines passes, too', async () => {
  // keepalived looks for the interface: it is the one of the container that validates.
  const cluster = withLanInterface(editedCluster({}, 'machines'), 'eth0');
  const { templatesFolder } = workspace.files;
  const files = await renderConfiguration(editedCluster(), templatesFolder);
  for (const [path, content] of await renderConfiguration(cluster, templatesFolder)) files.set(path, content);
  expect(files.get('nodes/frontend-01/haproxy.cfg')).toContain('user ha-demo');
  await project.validate(files, await renderTopology(cluster, templatesFolder));
}, 30_000);

test.each([
  ['haproxy', 'haproxy.cfg', 'balance roundrobin', 'balance roundrobbin', 'balance only supports'],
  ['keepalived', 'keepalived.conf', 'virtual_router_id', 'virtual_router_ids', "Unknown keyword 'virtual_router_ids'"],
  ['keepalived', 'keepalived.conf', 'vrrp_priority', 'vrrp_priorty', "Unknown keyword 'vrrp_priorty'"],
  [
    'keepalived',
    'keepalived.conf',
    'vrrp_instance',
    'vrrp_instance other {\n}\n\nvrrp_instance',
    ': a second vrrp_instance is not supported',
  ],
  [
    'keepalived',
    'keepalived.conf',
    'vrrp_instance',
    'vrrp_sync_group both {\n}\n\nvrrp_instance',
    ': vrrp_sync_group is not supported',
  ],
  ['keepalived', 'node.env', '=', '=(', 'node.env: line '],
  ['the service', 'service.json', ',', '', 'nodes/backend-02/service.json: cannot be read as JSON'],
  [
    'the service',
    'service.json',
    '"port": 3000',
    '"port": 0',
    'nodes/backend-02/service.json: port: 0 must not be less',
  ],
  ['docker compose', 'topology.yaml', 'services:', 'servces:', 'servces'],
])(
  'what %s does not take in %s does not pass: %s -> %s',
  async (validator, name, from, to, complaint) => {
    const cluster = editedCluster();
    const files = await renderConfiguration(cluster, workspace.files.templatesFolder);
    files.set('topology.yaml', await renderTopology(cluster, workspace.files.templatesFolder));
    const file = name === 'topology.yaml' ? name : `nodes/backend-02/${name}`;
    expect(files.get(file)).toContain(from);
    files.set(file, files.get(file)!.replace(from, to));
    const refusal: unknown = await project
      .validate(files, files.get('topology.yaml')!)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect((refusal as Error).message).toContain(`${validator} refuses what cluster.yaml and the templates make: `);
    expect((refusal as Error).message).toContain(complaint);
  },
  30_000,
);
