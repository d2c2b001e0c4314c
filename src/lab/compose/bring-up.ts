import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { type Cluster, nodesOf, type Tier } from '../../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { renderConfiguration, type RenderedFiles, renderTopology } from '../../rendering/render.js';
import { lanIdentity } from '../../rendering/views.js';
import { replaceFile } from '../../rendering/write.js';
import { SERVICE_NAMES } from '../lab.js';
import { labProblems } from '../lab-problems.js';
import { ComposeLab } from './compose-lab.js';
import { ComposeProject, digestOf, type Workspace } from './compose-project.js';
import type { Images } from './images.js';

/** Runs a part of the work and shows the user which. */
export type Step = <Result>(text: string, work: () => Promise<Result>) => Promise<Result>;

/** Every container starts, keepalived elects, every HAProxy has checked every server. */
const HEALTHY_WITHIN_MS = 60_000;

/**
 * Makes the lab run what cluster.yaml and the templates say: starts what is not there, and brings what runs up to date
 * node by node without losing a request. What does not validate changes nothing.
 * @returns whether there was anything to do
 */
export async function bringUp(engine: Docker, cluster: Cluster, workspace: Workspace, images: Images, step: Step): Promise<boolean> {
  const files = await renderConfiguration(cluster, workspace.templatesFolder);
  const topology = await renderTopology(cluster, workspace.templatesFolder);
  const project = new ComposeProject(engine, cluster.name, workspace);
  const lab = new ComposeLab(engine, cluster);

  if (!(await images.areCurrent())) {
    await step('Build the images', () => images.build(`${workspace.stateFolder}/logs/build.log`));
  }
  const lanOfLab = await project.lanIdentity();
  const sameLan = lanOfLab === lanIdentity(cluster);
  if (sameLan && (await isUpToDate(project, lab, cluster, files, topology, workspace))) return false;

  await step('Check the configuration', () => project.validate(files));
  await replaceFile(workspace.topologyFile, topology);
  if (lanOfLab !== undefined && !sameLan) {
    await step('Take the lab down, since its LAN changes', () => project.remove());
  }
  if (await anyNodeRuns(lab)) {
    await update(project, lab, cluster, step);
  } else {
    await step('Start the nodes', () => project.compose('up', ['up', '--detach', '--remove-orphans']));
  }
  await step('Wait until every tier is healthy', () =>
    waitUntilNothingIsMissing('healthy lab', async () => labProblems(cluster, await lab.observe()), { deadlineMs: HEALTHY_WITHIN_MS }),
  );
  return true;
}

async function anyNodeRuns(lab: ComposeLab): Promise<boolean> {
  return (await lab.observe()).some(({ powered }) => powered);
}

async function isUpToDate(
  project: ComposeProject,
  lab: ComposeLab,
  cluster: Cluster,
  files: RenderedFiles,
  topology: string,
  workspace: Workspace,
): Promise<boolean> {
  if ((await readFile(workspace.topologyFile, 'utf8').catch(() => '')) !== topology) return false;
  if (labProblems(cluster, await lab.observe()).length > 0) return false;
  const gateway = (await project.containers()).find(({ Labels }) => Labels['ha-demo.role'] === 'gateway');
  if (gateway?.State !== 'running' || (await project.outdatedServices()).length > 0) return false;
  if ((await surplusNodes(lab, cluster)).length > 0) return false;
  const configurations = await Promise.all(nodesOf(cluster).map(async ({ name }) => ({ name, ...(await lab.configurationOf(name)) })));
  return configurations.every(({ name, digest, stale }) => stale.length === 0 && digest === digestOf(files, name));
}

async function surplusNodes(lab: ComposeLab, cluster: Cluster): Promise<string[]> {
  const wanted = nodesOf(cluster).map(({ name }) => name);
  return (await lab.existingNodes()).filter((name) => !wanted.includes(name));
}

/** One node at a time, the holder of a virtual IP last in its tier; nodes that are new first, nodes to remove at the end. */
async function update(project: ComposeProject, lab: ComposeLab, cluster: Cluster, step: Step): Promise<void> {
  await step('Render the configuration', () => project.compose('config', ['run', '--rm', '--no-deps', '-T', 'config']));
  const outdated = new Set(await project.outdatedServices());
  if (outdated.has('gateway')) await step('Renew the gateway', () => project.compose('gateway', ['up', '--detach', '--no-deps', 'gateway']));

  for (const tier of cluster.tiers) {
    for (const node of await inOrderOfUpdate(lab, tier)) {
      await updateNode(project, lab, cluster, node, outdated, step);
    }
  }
  for (const node of await surplusNodes(lab, cluster)) {
    await step(`Remove ${node}`, async () => {
      await lab.stopNode(node);
      await project.removeNode(node);
    });
  }
}

async function inOrderOfUpdate(lab: ComposeLab, tier: Tier): Promise<string[]> {
  const observations = await lab.observe();
  const rank = (name: string) => {
    const observation = observations.find(({ node }) => node === name);
    if (!observation?.powered) return 0;
    return observation.vipsHeld.includes(tier.virtualRouter.virtualIp) ? 2 : 1;
  };
  return tier.nodes.map(({ name }) => name).toSorted((one, other) => rank(one) - rank(other));
}

async function updateNode(project: ComposeProject, lab: ComposeLab, cluster: Cluster, node: string, outdated: Set<string>, step: Step): Promise<void> {
  const composeServices = [node, ...SERVICE_NAMES.map((service) => `${node}-${service}`)];
  const healthy = () =>
    waitUntilNothingIsMissing(
      `healthy ${node}`,
      async () => labProblems(cluster, await lab.observe()).filter((problem) => problem.startsWith(`${node}:`)),
      { deadlineMs: HEALTHY_WITHIN_MS },
    );
  const exists = (await lab.existingNodes()).includes(node);
  const [observation] = (await lab.observe()).filter((candidate) => candidate.node === node);

  if (outdated.has(node) || !observation?.powered) {
    await step(`${exists ? 'Renew' : 'Start'} ${node}`, async () => {
      if (exists) await lab.stopNode(node);
      await project.compose(node, ['up', '--detach', '--no-deps', ...composeServices]);
      await healthy();
    });
    return;
  }
  const { stale } = await lab.configurationOf(node);
  for (const service of SERVICE_NAMES) {
    if (outdated.has(`${node}-${service}`) || observation.services[service] === 'down') {
      await step(`Renew ${service} on ${node}`, async () => {
        await lab.stopService(node, service);
        await project.compose(`${node}-${service}`, ['up', '--detach', '--no-deps', `${node}-${service}`]);
        await healthy();
      });
    } else if (stale.includes(service)) {
      await step(`Reload ${service} on ${node}`, async () => {
        if (service === 'haproxy') {
          await lab.reloadHaproxy(node);
        } else {
          await lab.stopService(node, service);
          await lab.startService(node, service);
        }
        await healthy();
      });
    }
  }
}
