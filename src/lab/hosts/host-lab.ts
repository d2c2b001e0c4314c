import { type Cluster, nodesOf } from '../../cluster/cluster.js';
import { systemClock } from '../../common/clock.js';
import type { EngineRestart, ForeignRouters, LinkControl, NodeSuspension, RunFolderFilling } from '../fault-ports.js';
import type { ImageUpgrade, LabCapabilities, LabTraits, NodeClocks, NodePower, SelfHealing } from '../lab.js';
import { unlessNoConnection } from '../remote.js';
import type { Hosts } from './access.js';
import { Host } from './host.js';
import { PRINT_UNDONE, type Undoable, undoneIn, UndoSwitch } from './undo-switch.js';
import { plugScript, PRINT_CONTROL_INTERFACE, unplugScript } from './unplug.js';

/** What makes one kind of lab of hosts another one than the next. */
export interface HostLabKind {
  traits: Pick<LabTraits, 'kind' | 'lookIntervalMs' | 'startCommand'>;
  capabilities: Pick<LabCapabilities, 'unplugsNodes' | 'switchesNodes' | 'suspendsNodes'>;
}

/** A cluster whose nodes are hosts, whatever runs on them: their power, their cables, and what cannot be done to them. */
export abstract class HostLab
  implements
    NodePower,
    NodeSuspension,
    LinkControl,
    NodeClocks,
    SelfHealing,
    ImageUpgrade,
    RunFolderFilling,
    EngineRestart,
    ForeignRouters
{
  readonly traits: LabTraits;
  readonly capabilities: LabCapabilities;
  readonly clock = systemClock;
  private readonly switches = new Map<string, UndoSwitch>();

  protected constructor(
    protected readonly cluster: Cluster,
    private readonly hosts: Hosts,
    kind: HostLabKind,
  ) {
    // Hosts have to boot, and may be emulated.
    this.traits = { healthyWithinMs: 300_000, startedWithinMs: 300_000, updatedWithinMs: 120_000, ...kind.traits };
    this.capabilities = {
      // Their units say Restart=. A switch does as its owner says. Images come with `up`.
      ...{ restartsAfterCrash: true, isolatesNodes: false, upgradesImages: false },
      // /run/ha-demo is a part of the host's /run, which systemd needs as well. Hosts run no engine.
      ...{ fillsRunFolders: false, restartsEngine: false, hasForeignRouters: false },
      ...kind.capabilities,
    };
  }

  async host(node: string): Promise<Host> {
    return new Host(node, await this.hosts(node), `./ha-demo --lab ${this.traits.kind} start node ${node}`);
  }

  /** The name of the node's interface on the LAN. @throws Error when it cannot be told */
  protected abstract lanInterfaceOf(node: string): Promise<string>;

  async startNode(node: string): Promise<void> {
    await (await this.host(node)).start();
  }

  async stopNode(node: string): Promise<void> {
    await (await this.host(node)).shutDown();
  }

  async killNode(node: string): Promise<void> {
    const host = await this.host(node);
    if ((await host.power.state()) !== 'off') await host.kill();
  }

  async suspendNode(node: string): Promise<void> {
    const { power } = await this.host(node);
    if ((await power.state()) === 'on') await power.suspend();
  }

  async resumeNode(node: string): Promise<void> {
    const { power } = await this.host(node);
    if ((await power.state()) === 'suspended') await power.resume();
  }

  /** By whoever has the cable in his hand; a host that nobody else can unplug takes its interface down itself. */
  async unplugNode(node: string): Promise<void> {
    const host = await this.host(node);
    const lanInterface = await this.lanInterfaceOf(node);
    if (host.power.setLink) return host.power.setLink(await host.addressOf(lanInterface), 'down');
    if ((await host.run(PRINT_CONTROL_INTERFACE)).trim() === lanInterface)
      throw new Error(`${node}: cannot be unplugged: ssh reaches it through ${lanInterface}, too`);
    await this.switchOf(node, 'unplug').setAndDo(unplugScript(lanInterface), plugScript(lanInterface));
  }

  async plugNode(node: string): Promise<void> {
    const host = await this.host(node);
    const lanInterface = await this.lanInterfaceOf(node);
    if (host.power.setLink) return host.power.setLink(await host.addressOf(lanInterface), 'up');
    await this.switchOf(node, 'unplug').undoAndRemove(plugScript(lanInterface));
  }

  async selfHealed(sinceMs = -Infinity): Promise<string[]> {
    const withinMs = this.clock.wallClockMs() - sinceMs;
    const lines = nodesOf(this.cluster).map(async ({ name }) => {
      const host = await this.host(name);
      if ((await host.power.state()) !== 'on') return [];
      const output = (await host.ssh.run(PRINT_UNDONE).catch(unlessNoConnection)) ?? '';
      return undoneIn(output, withinMs).map((text) => `${name} ${text}`);
    });
    return (await Promise.all(lines)).flat();
  }

  async clockOffsetMs(node: string): Promise<number> {
    return (await this.host(node)).clockOffsetMs(this.clock);
  }

  async isolateNode(node: string): Promise<void> {
    throw new Error(`${node} cannot be isolated: its switch is its owner's`);
  }

  async rejoinNode(): Promise<void> {}

  async fillRunFolder(node: string): Promise<void> {
    throw new Error(`/run/ha-demo of ${node} is a part of the machine's /run`);
  }

  async freeRunFolder(): Promise<void> {}

  async restartEngine(): Promise<void> {
    throw new Error('machines run no engine');
  }

  async startLab(): Promise<void> {
    for (const { name } of nodesOf(this.cluster)) await this.startNode(name);
  }

  async startForeignRouter(): Promise<void> {
    throw new Error('the LAN of the machines has no host to spare');
  }

  async stopForeignRouter(): Promise<void> {}

  async publishImages(): Promise<void> {
    this.refuseImages();
  }

  async withdrawImages(): Promise<void> {
    this.refuseImages();
  }

  async renewService(): Promise<void> {
    this.refuseImages();
  }

  /** What a host undoes by itself when nobody can tell it to any more. It is kept: it is put off for as long as what it undoes lasts. */
  protected switchOf(node: string, what: Undoable): UndoSwitch {
    const key = `${node} ${what}`;
    // Not asked for its power first: that may take longer than what it is told has time.
    const run = async (command: string) => (await this.host(node)).ssh.run(command);
    const existing = this.switches.get(key) ?? new UndoSwitch({ run }, what);
    this.switches.set(key, existing);
    return existing;
  }

  private refuseImages(): never {
    throw new Error(`machines get their images from \`./ha-demo --lab ${this.traits.kind} up\``);
  }
}
