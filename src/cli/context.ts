import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { type Cluster, type Node, nodesOf } from '../cluster/cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { brokenIn, DrillJournal, isAtWork, type JournalEntry } from '../drill/drill-journal.js';
import type { Probes } from '../drill/drill-runner.js';
import { ComposeLab } from '../lab/compose/compose-lab.js';
import { ComposeProject, type Workspace, workspaceAt } from '../lab/compose/compose-project.js';
import { connectToEngine, type Engine } from '../lab/compose/docker-engine.js';
import { Images } from '../lab/compose/images.js';
import { runProbeInContainer } from '../lab/compose/probe-container.js';
import { type Lab, SERVICE_NAMES, type ServiceName } from '../lab/lab.js';
import { runProbeOnHost } from '../lab/vagrant/probe-on-host.js';
import { VagrantLab } from '../lab/vagrant/vagrant-lab.js';

/** The project's own folder, with docker/ and src/. */
export const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The folder whose cluster.yaml is meant: the project's own, or HA_DEMO_WORKSPACE, a folder with a cluster.yaml,
 * config-templates/ and compose/ of its own.
 */
export function workspace(): Workspace {
  return workspaceAt(resolve(process.env['HA_DEMO_WORKSPACE'] ?? projectFolder));
}

export const LAB_KINDS = ['containers', 'vms'] as const;

/** `--lab` or HA_DEMO_LAB; main.ts has checked it. */
export function chosenLab(): (typeof LAB_KINDS)[number] {
  return process.env['HA_DEMO_LAB'] === 'vms' ? 'vms' : 'containers';
}

/** @throws InvalidInputError for a command that virtual machines have no use for */
export function assertContainers(instead: string): void {
  if (chosenLab() === 'vms') throw new InvalidInputError(`--lab: vms is not for this command; ${instead}`);
}

export function theCluster(): Promise<Cluster> {
  return loadCluster(workspace().clusterFile, { kind: chosenLab() });
}

export async function theEngine(): Promise<Engine> {
  const engine = await connectToEngine();
  await engine.ping().catch((error: Error) => {
    throw new InvalidInputError(
      `the Docker engine does not answer (${error.message}); ./ha-demo doctor says how to mend it`,
    );
  });
  return engine;
}

export interface LabInUse {
  cluster: Cluster;
  lab: Lab;
  probes: Probes;
  /** @throws Error when there is nothing of the lab, not even a container or a machine that is off */
  assertUp: () => Promise<void>;
}

export async function theLab(): Promise<LabInUse> {
  const cluster = await theCluster();
  if (chosenLab() === 'vms') {
    const machines = join(workspace().stateFolder, 'vms', 'machines');
    const assertUp = async () => {
      if (!existsSync(machines)) throw new Error(notUp(cluster.name));
    };
    return {
      cluster,
      lab: new VagrantLab(cluster, machines),
      probes: { inLan: runProbeOnHost, onHost: runProbeOnHost },
      assertUp,
    };
  }
  const engine = await theEngine();
  const project = new ComposeProject(engine, cluster.name, workspace());
  const assertUp = async () => {
    if ((await project.containers()).length === 0) throw new Error(notUp(cluster.name));
  };
  const probes = { inLan: runProbeInContainer, onHost: runProbeOnHost };
  return { cluster, lab: new ComposeLab(engine, cluster, project), probes, assertUp };
}

/** Of the chosen lab. */
export function theJournal(): DrillJournal {
  return new DrillJournal(join(workspace().stateFolder, `drill-${chosenLab()}.json`));
}

/** @throws InvalidInputError when a drill is at work, or an interrupted one has left something broken */
export async function assertHealed(): Promise<void> {
  const left = await theJournal().read();
  if (!left) return;
  assertInterrupted(left);
  throw new InvalidInputError(
    `${brokenIn(left)} ${left.faults.length > 1 ? 'have' : 'has'} not been healed: ./ha-demo heal`,
  );
}

/** @throws InvalidInputError while the drill runs */
export function assertInterrupted(entry: JournalEntry): void {
  if (!isAtWork(entry)) return;
  throw new InvalidInputError(
    `${brokenIn(entry)} ${entry.faults.length > 1 ? 'are' : 'is'} being drilled by process ${entry.processId}, which also heals; Ctrl-C there ends it`,
  );
}

/** Once its containers are gone, all that a drill can have left of a lab is its images. */
export async function forgetDrills({ images }: ComposeProject): Promise<void> {
  const journal = theJournal();
  if (!(await journal.read())) return;
  await images.withdraw();
  await journal.clear();
}

export function notUp(name: string): string {
  return `${name} is not up: ${chosenLab() === 'vms' ? 'vagrant up' : './ha-demo up'}`;
}

export function theImages(engine: Engine): Images {
  return new Images(engine, projectFolder);
}

/** The lab's name alone, also from a cluster.yaml that is not valid in other places: taking a lab down must not need more. */
export async function theLabName(): Promise<string> {
  const text = await readFile(workspace().clusterFile, 'utf8').catch(() => '');
  const name: unknown = parseDocument(text).get('name');
  if (typeof name !== 'string')
    throw new InvalidInputError('cluster.yaml: name: is missing, so that the lab to take down is not known');
  return name;
}

/** @throws InvalidInputError when the cluster has no such node */
export function nodeNamed(cluster: Cluster, name: string): Node {
  const node = nodesOf(cluster).find((candidate) => candidate.name === name);
  if (node) return node;
  const names = nodesOf(cluster).map((candidate) => candidate.name);
  throw new InvalidInputError(`node: ${name} is not in cluster.yaml; there are ${names.join(', ')}`);
}

/** @param others what else is allowed in its place @throws InvalidInputError */
export function serviceNamed(name: string, others: string[] = []): ServiceName {
  const service = SERVICE_NAMES.find((candidate) => candidate === name);
  if (service) return service;
  throw new InvalidInputError(`service: ${name} must be one of ${[...SERVICE_NAMES, ...others].join(', ')}`);
}
