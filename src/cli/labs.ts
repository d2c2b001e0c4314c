import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Hosting } from '../cluster/cluster.js';
import type { Probes } from '../drill/drill-runner.js';
import { probeAt } from '../drill/probe-process.js';
import { clientOnHost } from '../lab/client-command.js';
import { clientInLan } from '../lab/compose/client-in-lan.js';
import { ComposeLab } from '../lab/compose/compose-lab.js';
import { ComposeProject, type Workspace } from '../lab/compose/compose-project.js';
import type { Engine } from '../lab/compose/docker-engine.js';
import { OwnedEngine } from '../lab/compose/owned-engine.js';
import type { Lab } from '../lab/lab.js';
import { VagrantLab } from '../lab/vagrant/vagrant-lab.js';
import type { Settings } from './settings.js';

/** What a lab is made from. */
export interface LabParts {
  cluster: Cluster;
  workspace: Workspace;
  settings: Settings;
  /** @throws InvalidInputError when it does not answer */
  engine: () => Promise<Engine>;
}

export interface OpenedLab {
  lab: Lab;
  probes: Probes;
  /** Whether there is anything of it, be it a container or a machine that is off. */
  exists: () => Promise<boolean>;
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
    hosting: { nodes: 'containers' },
    budgets: 'budgets.yaml',
    async open({ cluster, workspace, settings, engine: connect }) {
      const engine = await connect();
      const project = new ComposeProject(engine, cluster.name, workspace);
      return {
        lab: new ComposeLab(engine, cluster, project, OwnedEngine.find(settings)),
        probes: { inLan: probeAt(clientInLan), onHost },
        exists: async () => (await project.containers()).length > 0,
      };
    },
  },
  vms: {
    hosting: { nodes: 'machines' },
    budgets: 'budgets.vms.yaml',
    async open({ cluster, workspace, settings: { environment } }) {
      const folder = join(workspace.stateFolder, 'vms', 'machines');
      return {
        lab: new VagrantLab(cluster, { folder, environment }),
        probes: { inLan: onHost, onHost },
        exists: async () => existsSync(folder),
      };
    },
  },
};

export const LAB_KINDS = Object.keys(LABS);
