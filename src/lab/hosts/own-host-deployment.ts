import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Cluster, type Node, nodesOf } from '../../cluster/cluster.js';
import { InvalidInputError } from '../../common/errors.js';
import { asRoot } from '../remote.js';
import type { Step } from '../step.js';
import { inWords } from './host-complaint.js';
import { HostDeployment, type ImageHost } from './host-deployment.js';
import type { HostFacts } from './host-script.js';
import type { ManagedHostLab } from './managed-host-lab.js';

/** Also from dist/, which is as deep. */
const PACKAGES = fileURLToPath(new URL('../../../hosts/packages.sh', import.meta.url));

/** Of the files of three images, twice while they are renewed. */
const ROOM_MB = 1500;
/** More than that is worth a word. */
const CLOCK_OFF_MS = 2_000;

/**
 * Asks a person whether hosts are to be changed.
 * @param lines what is going to happen
 * @throws InvalidInputError when they are not
 */
export type Consent = (lines: string[]) => Promise<void>;

/** How hosts of the user's own come to run what is rendered: what a host lacks is installed, and who has not been a node is asked for. */
export class OwnHostDeployment extends HostDeployment {
  private facts = new Map<string, HostFacts>();

  constructor(
    cluster: Cluster,
    templatesFolder: string,
    lab: ManagedHostLab,
    imageHost: ImageHost,
    private readonly consent: Consent,
  ) {
    super(cluster, templatesFolder, lab, imageHost);
  }

  override async assertUsable(step: Step): Promise<void> {
    await step('Look at the hosts', () => this.look());
    for (const note of await this.notes()) await step(note, async () => {});
    const strangers = nodesOf(this.cluster).filter(({ name }) => !this.facts.get(name)!.isNode);
    if (strangers.length > 0) await this.consent(await Promise.all(strangers.map((node) => this.changesOf(node))));
  }

  override async assertReady(runs: boolean, step: Step): Promise<void> {
    const lacking = nodesOf(this.cluster).filter(({ name }) => this.facts.get(name)!.lacks.length > 0);
    if (lacking.length > 0) {
      const script = await readFile(PACKAGES, 'utf8');
      const install = async ({ name }: Node) => (await this.lab.host(name)).run(asRoot(['bash', '-s']), script);
      await step(`Packages on ${lacking.map(({ name }) => name).join(', ')}`, () => Promise.all(lacking.map(install)));
    }
    await super.assertReady(runs, step);
  }

  /** Removes everything that `up` has installed on the hosts, but for packages. @throws InvalidInputError when one cannot be asked; nothing has changed then */
  async takeDown(step: Step): Promise<void> {
    await step('Look at the hosts', () => this.look({ forNodes: false }));
    await step('Remove the nodes', () => this.onEach(async ({ name }) => (await this.scriptFor(name)).purge()));
  }

  /** @throws InvalidInputError with a line for each thing that keeps a host from being a node */
  private async look({ forNodes = true } = {}): Promise<void> {
    const problems = await this.onEach(async (node) => {
      try {
        const host = await this.lab.host(node.name);
        const power = await host.power.state();
        if (power !== 'on') return [`${node.name}: is ${power}: ./ha-demo --lab hosts start node ${node.name}`];
        await host.ssh.run('sudo -n true');
        if (!forNodes) return [];
        const facts = await (await this.scriptFor(node.name)).facts();
        this.facts.set(node.name, facts);
        return [...factProblems(node.name, facts), ...(await this.addressProblems(node))];
      } catch (error) {
        return [inWords(node.name, error as Error)];
      }
    });
    if (problems.flat().length > 0) throw new InvalidInputError(problems.flat().join('\n'));
  }

  private async addressProblems(node: Node): Promise<string[]> {
    const lanInterface = await this.lanInterfaceOf(node);
    return lanInterface === undefined
      ? [`${node.name}: no interface has ${node.address}; hosts.nodes can say which one is the LAN's`]
      : [];
  }

  private async notes(): Promise<string[]> {
    const notes = await this.onEach(async ({ name }) => {
      const offsetMs = await this.lab.clockOffsetMs(name);
      const off = `${Math.round(Math.abs(offsetMs) / 1000)} s ${offsetMs > 0 ? 'ahead' : 'behind'}`;
      return [
        ...(Math.abs(offsetMs) > CLOCK_OFF_MS ? [`${name}: its clock is ${off}; what it logs is, too`] : []),
        ...(this.facts.get(name)?.selinux === 'Enforcing'
          ? [
              `${name}: SELinux is enforcing, with which nothing of this has run; setenforce 0 if a service does not start`,
            ]
          : []),
      ];
    });
    return notes.flat();
  }

  private async changesOf({ name }: Node): Promise<string> {
    const { place } = await this.lab.host(name);
    const { lacks } = this.facts.get(name)!;
    const packages = lacks.length > 0 ? `packages for ${lacks.join(', ')}; ` : '';
    return `${name} (${place}): ${packages}the units ha-demo, haproxy and keepalived; /etc/ha-demo, /var/lib/ha-demo; lines in /etc/hosts, rules of rsyslog, kernel settings, firewalld's trust in the LAN`;
  }
}

function factProblems(node: string, { lacks, foreignUnits, freeMb, isNode, otherNodes }: HostFacts): string[] {
  return [
    ...(lacks.includes('systemd') ? [`${node}: is not run by systemd`] : []),
    ...foreignUnits.map(
      (unit) => `${node}: has a ${unit}.service of its own, which stays as it is; a node needs a host without one`,
    ),
    ...otherNodes.map((other) => `${node}: is ${other} already; ./ha-demo --lab hosts down ends that`),
    ...(!isNode && freeMb < ROOM_MB ? [`${node}: /var/lib has ${freeMb} MB free, and a node needs ${ROOM_MB}`] : []),
  ];
}
