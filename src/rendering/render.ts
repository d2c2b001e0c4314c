import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { type Cluster, nodesOf } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { gatewayView, nodeView, systemdView, topologyView } from './views.js';

/** Contents by path, relative to the folder they belong in. */
export type RenderedFiles = Map<string, string>;

const NODE_FILES = {
  'haproxy.cfg': 'haproxy/haproxy.cfg.hbs',
  'keepalived.conf': 'keepalived/keepalived.conf.hbs',
  'node.env': 'node/node.env.hbs',
  'service.json': 'node/service.json.hbs',
};

const SYSTEMD_UNITS = ['ha-demo.service', 'haproxy.service', 'keepalived.service'];

/**
 * Renders what the nodes read at run time: `nodes/{node}/...`, `gateway/...` and `systemd/...`.
 * @throws InvalidInputError when a template cannot be read, does not parse, or uses a name its view does not have
 */
export async function renderConfiguration(cluster: Cluster, templatesFolder: string): Promise<RenderedFiles> {
  const files: RenderedFiles = new Map();
  for (const [file, template] of Object.entries(NODE_FILES)) {
    const render = await compile(templatesFolder, template);
    for (const node of nodesOf(cluster)) files.set(`nodes/${node.name}/${file}`, render(nodeView(cluster, node)));
  }
  const renderGateway = await compile(templatesFolder, 'haproxy/gateway.cfg.hbs');
  files.set('gateway/haproxy.cfg', renderGateway(gatewayView(cluster)));
  for (const unit of SYSTEMD_UNITS) {
    const render = await compile(templatesFolder, `systemd/${unit}.hbs`);
    files.set(`systemd/${unit}`, render(systemdView(cluster)));
  }
  return files;
}

/** Renders the Compose file of the lab, which is committed as compose/topology.yaml. */
export async function renderTopology(cluster: Cluster, templatesFolder: string): Promise<string> {
  const render = await compile(templatesFolder, 'compose/topology.yaml.hbs');
  return render(topologyView(cluster));
}

async function compile(folder: string, name: string): Promise<(view: object) => string> {
  const path = join(folder, name);
  const source = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${path}: cannot be read (${error.code})`);
  });
  const template = Handlebars.create().compile(source, { strict: true, noEscape: true });
  return (view) => {
    try {
      return template(view);
    } catch (error) {
      throw new InvalidInputError(`${path}: ${(error as Error).message.replaceAll(/\s*\n\s*/g, ' ')}`);
    }
  };
}
