import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { type Cluster, type Node, nodesOf } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { MANIFEST_FILE } from '../node/contract.js';
import { gatewayView, hostView, nodeView, topologyView } from './views.js';

/** Contents by path, relative to the folder they belong in. */
export type RenderedFiles = Map<string, string>;

const NODE_FILES = {
  'haproxy.cfg': 'haproxy/haproxy.cfg.hbs',
  'keepalived.conf': 'keepalived/keepalived.conf.hbs',
  'node.env': 'node/node.env.hbs',
  'service.json': 'node/service.json.hbs',
};

/** What the services of a node read, in its folder `nodes/{node}`. */
export const NODE_FILE_NAMES = Object.keys(NODE_FILES);

const HOST_FILES = {
  'host.env': 'host/host.env.hbs',
  hosts: 'host/hosts.hbs',
  'modules.conf': 'host/modules.conf.hbs',
  'rsyslog.conf': 'host/rsyslog.conf.hbs',
  'sysctl.conf': 'host/sysctl.conf.hbs',
  'tmpfiles.conf': 'host/tmpfiles.conf.hbs',
  'user-slice.conf': 'host/user-slice.conf.hbs',
  'ha-demo.service': 'systemd/ha-demo.service.hbs',
  'haproxy.service': 'systemd/haproxy.service.hbs',
  'keepalived.service': 'systemd/keepalived.service.hbs',
  'app/config.json': 'containers/app.json.hbs',
  'haproxy/config.json': 'containers/haproxy.json.hbs',
  'keepalived/config.json': 'containers/keepalived.json.hbs',
};

/** What is read on a host that is a node, in its folder `hosts/{node}`. */
export const HOST_FILE_NAMES = Object.keys(HOST_FILES);

/** Those of the rendered files that are for one node, its manifest among them. */
export function filesOfNode(files: RenderedFiles, node: string): RenderedFiles {
  return new Map([...files].filter(([path]) => path.startsWith(`nodes/${node}/`) || path.startsWith(`hosts/${node}/`)));
}

/** Where a node's manifest is, see `manifestOf`. */
export function manifestPath(node: string): string {
  return `nodes/${node}/${MANIFEST_FILE}`;
}

/**
 * What a node is to have: a line for each of its files, its sum and its path in the configuration's folder, as sha256sum(1)
 * prints and checks them. Two configurations of a node are the same when their manifests are.
 * @param files of all nodes, or of some
 */
export function manifestOf(files: RenderedFiles, node: string): string[] {
  const own = [...filesOfNode(files, node)].filter(([path]) => path !== manifestPath(node));
  const sumOf = (content: string) => createHash('sha256').update(content).digest('hex');
  return own.map(([path, content]) => `${sumOf(content)}  ${path}`).sort();
}

/** A manifest as a file. */
export function manifestText(files: RenderedFiles, node: string): string {
  return manifestOf(files, node)
    .map((line) => `${line}\n`)
    .join('');
}

/** What templates of HOST_FILES include, as `{{> containers/mounts}}`. */
const PARTIALS = ['containers/isolation', 'containers/mounts'];

/**
 * Renders what the nodes read at run time: `nodes/{node}/...`, and beside it `gateway/...` for containers, or for
 * virtual machines and other hosts `hosts/{node}/...`: their systemd units, OCI containers and settings.
 * @throws InvalidInputError when a template cannot be read, does not parse, or uses a name its view does not have
 */
export async function renderConfiguration(cluster: Cluster, templatesFolder: string): Promise<RenderedFiles> {
  const files: RenderedFiles = new Map();
  const renderForEachNode = async (
    folder: string,
    templates: Record<string, string>,
    view: (cluster: Cluster, node: Node) => object,
    handlebars?: typeof Handlebars,
  ) => {
    for (const [file, template] of Object.entries(templates)) {
      const render = await compile(templatesFolder, template, handlebars);
      for (const node of nodesOf(cluster)) files.set(`${folder}/${node.name}/${file}`, render(view(cluster, node)));
    }
  };
  await renderForEachNode('nodes', NODE_FILES, nodeView);
  if (cluster.hosting === 'machines')
    await renderForEachNode('hosts', HOST_FILES, hostView, await handlebarsWithPartials(templatesFolder));
  for (const { name } of nodesOf(cluster)) files.set(manifestPath(name), manifestText(files, name));
  if (cluster.hosting === 'machines') return files;
  const renderGateway = await compile(templatesFolder, 'haproxy/gateway.cfg.hbs');
  files.set('gateway/haproxy.cfg', renderGateway(gatewayView(cluster)));
  return files;
}

/** Renders the Compose file of the lab, which is committed as compose/topology.yaml. */
export async function renderTopology(cluster: Cluster, templatesFolder: string): Promise<string> {
  const template = 'compose/topology.yaml.hbs';
  const source = await readTemplate(join(templatesFolder, template));
  const gateway = await readTemplate(join(templatesFolder, 'haproxy/gateway.cfg.hbs'));
  const digest = (...parts: unknown[]) =>
    createHash('sha256')
      .update(JSON.stringify([source, gateway, ...parts]))
      .digest('hex')
      .slice(0, 12);
  const render = await compile(templatesFolder, template);
  return render(topologyView(cluster, digest));
}

/** Renders the file that `docker compose` finds in the project's folder; it has the lab's name. */
export async function renderComposeFile(cluster: Cluster, templatesFolder: string): Promise<string> {
  const render = await compile(templatesFolder, 'compose/compose.yaml.hbs');
  return render({ name: cluster.name });
}

async function readTemplate(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${path}: cannot be read (${error.code})`);
  });
}

async function compile(
  folder: string,
  name: string,
  handlebars = strictHandlebars(),
): Promise<(view: object) => string> {
  const path = join(folder, name);
  const source = await readTemplate(path);
  const template = handlebars.compile(source, { strict: true, noEscape: true });
  return (view) => {
    try {
      return template(view);
    } catch (error) {
      throw new InvalidInputError(`${path}: ${(error as Error).message.replaceAll(/\s*\n\s*/g, ' ')}`);
    }
  };
}

async function handlebarsWithPartials(folder: string): Promise<typeof Handlebars> {
  const handlebars = strictHandlebars();
  for (const partial of PARTIALS) {
    handlebars.registerPartial(partial, (await readTemplate(join(folder, `${partial}.json.hbs`))).trimEnd());
  }
  return handlebars;
}

/** Handlebars whose blocks refuse an unknown name as well: its own `strict` is about what is printed only. */
function strictHandlebars(): typeof Handlebars {
  const handlebars = Handlebars.create();
  for (const block of ['if', 'unless', 'each']) {
    const builtIn = handlebars.helpers[block]!;
    handlebars.registerHelper(block, function (this: unknown, value: unknown, options: HelperOptionsWithPosition) {
      if (value === undefined) {
        const { line, column } = options.loc.start;
        throw new Error(`{{#${block}}} is given a name that is not defined - ${line}:${column}`);
      }
      return builtIn.call(this, value, options) as string;
    });
  }
  return handlebars;
}

type HelperOptionsWithPosition = Handlebars.HelperOptions & { loc: { start: { line: number; column: number } } };
