import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { loadCluster } from '../cluster/load-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { renderConfiguration, renderTopology } from './render.js';
import { writeRendered } from './write.js';

/*
 * What the `config` container runs: renders the configuration of all nodes into a folder that they mount.
 * With `--print-topology` it prints the Compose file instead, for a host without Node.
 */
const { values } = parseArgs({
  options: {
    cluster: { type: 'string' },
    templates: { type: 'string' },
    topology: { type: 'string' },
    out: { type: 'string' },
    'print-topology': { type: 'boolean', default: false },
  },
});

async function main({
  cluster: clusterPath = 'cluster.yaml',
  templates = 'config-templates',
  topology,
  out,
}: typeof values) {
  const cluster = await loadCluster(clusterPath);
  const rendered = await renderTopology(cluster, templates);
  if (values['print-topology']) {
    process.stdout.write(rendered);
    return;
  }
  if (topology !== undefined && (await readFile(topology, 'utf8')) !== rendered) {
    throw new InvalidInputError(
      'compose/topology.yaml does not match cluster.yaml any more. Bring it up to date with `./ha-demo up`, or without Node:\n' +
        'docker compose run --rm -T config node dist/rendering/main.js --cluster=/input/cluster.yaml --templates=/input/config-templates --print-topology > topology.new && mv topology.new compose/topology.yaml',
    );
  }
  if (out === undefined) throw new InvalidInputError('--out: is missing; it must name the folder to render into');
  const files = await renderConfiguration(cluster, templates);
  await writeRendered(out, files);
  console.log(`Rendered ${files.size} files for ${cluster.name} (profile ${cluster.profileName})`);
}

try {
  await main(values);
} catch (error) {
  if (!(error instanceof InvalidInputError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
