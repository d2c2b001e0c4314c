import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, type Hosting, nodeNamed, nodesOf } from '../cluster/cluster.js';
import type { Probes } from '../drill/drill-runner.js';
import { probeAt } from '../drill/probe-process.js';
import { clientOnHost } from '../lab/client-command.js';
import { clientInLan } from '../lab/compose/client-in-lan.js';
import { ComposeDeployment } from '../lab/compose/compose-deployment.js';
import { ComposeLab } from '../lab/compose/compose-lab.js';
import { ComposeProject, type Workspace } from '../lab/compose/compose-project.js';
import type { Engine } from '../lab/compose/docker-engine.js';
import { assertNoOtherRouters } from '../lab/compose/hear-routers.js';
import type { Images } from '../lab/compose/images.js';
import { OwnedEngine } from '../lab/compose/owned-engine.js';
import { validate } from '../lab/compose/validation.js';
import type { Lab } from '../lab/lab.js';
import type { Deployment } from '../lab/update/deployment.js';
import { type ImageHost, HostDeployment } from '../lab/hosts/host-deployment.js';
import { inventoryOf } from '../lab/hosts/inventory.js';
import { ManagedHostLab } from '../lab/hosts/managed-host-lab.js';
import { type Consent, OwnHostDeployment } from '../lab/hosts/own-host-deployment.js';
import { VAGRANT_MACHINES, vagrantMachines } from '../lab/hosts/vagrant-machines.js';
import type { Step } from '../lab/step.js';
import { probesOf } from './probe-host.js';
import { SAVED_IMAGES, type Settings } from './settings.js';

/** What a lab is made from. */
export interface LabParts {
  cluster: Cluster;
  workspace: Workspace;
  settings: Settings;
  /** @throws InvalidInputError when it does not answer */
  engine: () => Promise<Engine>;
  /** @throws InvalidInputError when the engine does not answer */
  images: () => Promise<Images>;
  consent: Consent;
}

export interface OpenedLab {
  lab: Lab;
  deployment: Deployment;
  probes: Probes;
  /** Whether there is anything of it, be it a container or a machine that is off. */
  exists: () => Promise<boolean>;
  /** Removes all that `up` has made; missing where it is not this program's to do. */
  takeDown?: (step: Step) => Promise<void>;
}

export interface LabKind {
  hosting: Hosting;
  /** A file of the project: what its drills may cost. */
  budgets: string;
  open(parts: LabParts): Promise<OpenedLab>;
}

const onHost = probeAt(clientOnHost);

/** The kinds of labs that there are, by what `--lab` calls them. */
export const LABS: Record<string, LabKind> = {
  containers: {
    hosting: 'containers',
    budgets: 'budgets.yaml',
    async open({ cluster, workspace, settings, ...parts }) {
      const engine = await parts.engine();
      const project = new ComposeProject(engine, cluster.name, workspace);
      const lab = new ComposeLab(engine, cluster, project, OwnedEngine.find(settings));
      return {
        lab,
        deployment: new ComposeDeployment(engine, cluster, workspace, project, lab, await parts.images()),
        probes: { inLan: probeAt(clientInLan), onHost },
        exists: async () => (await project.containers()).length > 0,
      };
    },
  },
  vms: {
    hosting: 'machines',
    budgets: 'budgets.vms.yaml',
    async open(parts) {
      const { cluster, workspace, settings } = parts;
      const folder = join(workspace.stateFolder, 'vms', 'machines');
      const lab = new ManagedHostLab(cluster, vagrantMachines(folder, settings.environment), VAGRANT_MACHINES);
      return {
        lab,
        deployment: new HostDeployment(cluster, workspace.templatesFolder, lab, imageHostOf(parts)),
        probes: { inLan: onHost, onHost },
        exists: async () => (await readdir(folder).catch(unlessMissing)).length > 0,
      };
    },
  },
  hosts: {
    hosting: 'machines',
    budgets: 'budgets.yaml',
    async open(parts) {
      const { cluster, workspace, settings, consent } = parts;
      const inventory = inventoryOf(cluster, workspace.folder, settings.environment);
      const lab = new ManagedHostLab(
        cluster,
        inventory.hosts((node) => nodeNamed(cluster, node).address),
        {
          traits: { kind: 'hosts', startCommand: './ha-demo --lab hosts up', lookIntervalMs: 1_000 },
          capabilities: inventory.capabilities(nodesOf(cluster)),
        },
      );
      const deployment = new OwnHostDeployment(cluster, workspace.templatesFolder, lab, imageHostOf(parts), consent);
      return {
        ...{ lab, deployment, probes: probesOf(inventory.probe) },
        exists: () => deployment.runs(),
        takeDown: (step) => deployment.takeDown(step),
      };
    },
  },
};

/** Machines have no engine: this host's checks their configuration, and makes what they run. */
function imageHostOf({ cluster, workspace, images }: LabParts): ImageHost {
  return {
    async provide(step) {
      const ofToday = await images();
      await ofToday.provide(step);
      return ofToday.save(SAVED_IMAGES, step);
    },
    archiveOf: (image) => join(SAVED_IMAGES, `${image}.tar.gz`),
    validate: (rendered) => validate(cluster.name, workspace, rendered),
    assertRouterIdsAreFree: (step) => assertNoOtherRouters(cluster, step),
  };
}

function unlessMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

export const LAB_KINDS = Object.keys(LABS);
