import type { Clock } from '../../common/clock.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { CONFIGURATION_FOLDER, SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import { type ServiceCondition } from '../lab.js';
import { type Told, toldBy } from '../node-report.js';
import { NoConnectionError, quoted, RefusedUserError, type Remote, unlessNoConnection } from '../remote.js';
import type { HostAccess } from './access.js';
import type { Power } from './power.js';
import { type Output, Ssh } from './ssh.js';
import { unitStartsCommand, unitStartsIn } from './unit-starts.js';

export const UNITS: Record<ServiceName, string> = { app: 'ha-demo', haproxy: 'haproxy', keepalived: 'keepalived' };

const OBSERVE = '/usr/lib/ha-demo/observe';

interface HostReport {
  told: Told;
  units: Record<ServiceName, ServiceCondition>;
  /** Since 1970; Infinity for what has not been started, which runs on nothing old. Asked for with `configuration` alone. */
  startedAtMs: (service: ServiceName) => number;
}

/** An emulated machine takes about a minute. */
const BOOT_WITHIN_MS = 300_000;
const SHUTDOWN_WITHIN_MS = 120_000;
/** How soon one that was lost is asked again. */
const RECONNECT_AFTER_MS = 3000;
/** The one that took the shortest way tells its clock best. */
const CLOCK_QUESTIONS = 3;

/** Prints `hung CONTAINER` for each that the kernel has frozen (cgroup v2 or v1). */
const HUNG = [
  'grep -lsxE "1|FROZEN" /sys/fs/cgroup/ha-demo-*/cgroup.freeze /sys/fs/cgroup/freezer/ha-demo-*/freezer.state',
  ' | sed -E "s#.*/(ha-demo-[a-z]+)/.*#hung \\1#"',
].join('');

/** A host with systemd: its power from outside, what runs on it by ssh. */
export class Host implements Remote {
  readonly power: Power;
  readonly ssh: Ssh;

  constructor(
    readonly node: string,
    readonly access: HostAccess,
    /** What somebody types for a host that is off. */
    private readonly startCommand: string,
  ) {
    this.power = access.power;
    this.ssh = new Ssh(node, access.ssh);
  }

  /** Where ssh goes, such as `admin@10.0.0.7:2222`. */
  get place(): string {
    const { user, host, port } = this.access.ssh;
    return `${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
  }

  /** @returns what it has written @throws Error when the host is not on, or the command fails */
  async run(command: string, input?: NodeJS.ReadableStream | string): Promise<string> {
    const power = await this.power.state();
    if (power !== 'on') throw new Error(`${this.node} is ${power}: ${this.startCommand}`);
    return this.ssh.run(command, input);
  }

  /**
   * A command whose output goes on until the signal, also while the host is gone and comes back.
   * @param command for output since a moment, in ms since 1970; from the beginning without one
   */
  async follow(
    command: (sinceMs?: number) => string,
    output: Output,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<void> {
    let lostAtMs: number | undefined;
    const offsetMs = await this.clockOffsetMs(clock);
    while (!signal.aborted) {
      await this.ssh.follow(command(lostAtMs), output, signal).catch(unlessNoConnection);
      // By the host's own clock, as its journal has it.
      lostAtMs = clock.wallClockMs() + offsetMs;
      await clock.pause(RECONNECT_AFTER_MS, signal).catch(() => signal.aborted);
    }
  }

  /** See `NodeClocks`. */
  async clockOffsetMs(clock: Clock): Promise<number> {
    let [shortestMs, offsetMs] = [Infinity, 0];
    for (let question = 0; question < CLOCK_QUESTIONS; question += 1) {
      const askedAtMs = clock.wallClockMs();
      const answer = await this.ssh.run('date +%s%3N').catch(unlessNoConnection);
      if (answer === undefined) return 0;
      const tookMs = clock.wallClockMs() - askedAtMs;
      if (tookMs < shortestMs) [shortestMs, offsetMs] = [tookMs, Number(answer) - (askedAtMs + tookMs / 2)];
    }
    return offsetMs;
  }

  /** Runs a command in keepalived's container, which may change the node's network. @returns its stdout @throws Error as `run` */
  async inKeepalived(command: string[]): Promise<string> {
    return this.run(`sudo runc exec ha-demo-keepalived ${command.map(quoted).join(' ')}`);
  }

  /**
   * @param command about the service's container, such as `pause`, with its options (runc(8))
   * @returns whether there was a container to do it to
   */
  async runc(service: ServiceName, command: string[], ...parameters: string[]): Promise<boolean> {
    const run = ['sudo runc', ...command, `ha-demo-${service}`, ...parameters].join(' ');
    const isActive = `systemctl --quiet is-active ${UNITS[service]}`;
    return (await this.run(`if ${isActive}; then ${run} && echo done; fi`)) !== '';
  }

  async hangs(service: ServiceName): Promise<boolean> {
    if ((await this.power.state()) !== 'on') return false;
    return (await this.ssh.run(HUNG)).split('\n').includes(`hung ha-demo-${service}`);
  }

  /**
   * What the node tells, and how its units are; nothing where it cannot be asked.
   * @param configuration whether to look at the files that it runs on, too
   */
  async report({ configuration = false } = {}): Promise<HostReport> {
    const observe = `HA_DEMO_NODE=${this.node} ${OBSERVE}${configuration ? ' --configuration' : ''}`;
    const units = SERVICE_NAMES.map((service) => UNITS[service]);
    // A host that is no node yet has no `observe`; one of another version may not get along with what is rendered.
    const ask = [
      `if [ -e ${OBSERVE} ]; then ${observe} || echo failed; else echo; fi; echo units $(systemctl is-active ${units.join(' ')}); ${HUNG}`,
      ...(configuration ? [unitStartsCommand(units)] : []),
    ].join('; ');
    const output = (await this.ssh.run(ask).catch(unlessNoConnection)) ?? '';
    const [told = '', ...lines] = output.split('\n');
    const starts = unitStartsIn(output);
    const states =
      lines
        .find((line) => line.startsWith('units '))
        ?.split(' ')
        .slice(1) ?? [];
    const conditionOf = (service: ServiceName): ServiceCondition => {
      // A reload takes a busy machine seconds; meanwhile the old worker serves.
      if (!['active', 'reloading'].includes(states[SERVICE_NAMES.indexOf(service)] ?? '')) return 'down';
      return lines.includes(`hung ha-demo-${service}`) ? 'hung' : 'up';
    };
    return {
      told: toldBy(told),
      units: { app: conditionOf('app'), haproxy: conditionOf('haproxy'), keepalived: conditionOf('keepalived') },
      startedAtMs: (service) => starts.get(UNITS[service]) ?? Infinity,
    };
  }

  /** The LAN's: the one that has an address, unless somebody has said which it is; undefined where none has it, or the host cannot be asked. */
  async interfaceWith(address: string): Promise<string | undefined> {
    if (this.access.lanInterface !== undefined) return this.access.lanInterface;
    const output = (await this.ssh.run('ip -oneline -4 address show').catch(unlessNoConnection)) ?? '';
    return output
      .split('\n')
      .map((line) => line.split(/\s+/))
      .find(([, , , own]) => own?.split('/')[0] === address)?.[1];
  }

  /** Of the LAN, as it is rendered. */
  async lanInterface(): Promise<string> {
    return (await this.run(`. ${this.environment} && echo "$LAN_INTERFACE"`)).trim();
  }

  /** The MAC of an interface. */
  async addressOf(name: string): Promise<string> {
    return (await this.run(`cat /sys/class/net/${name}/address`)).trim();
  }

  /** Pulls the plug, of a host that is on or suspended. */
  async kill(): Promise<void> {
    if (this.power.off) return this.power.off();
    // Without an answer (the kernel's sysrq.rst): the connection would wait for it.
    await this.run(`sudo bash -c '(sleep 0.2; echo o >/proc/sysrq-trigger) >/dev/null 2>&1 </dev/null &'`);
  }

  /**
   * Resolves when it answers.
   * @param units that it is told to start, unless it boots
   * @throws DeadlineExceededError after BOOT_WITHIN_MS
   */
  async start(units: string[] = Object.values(UNITS)): Promise<void> {
    let wasOff = false;
    const missing = async () => {
      // One that is just going off is not off yet, and one that is told to come on not on.
      const power = await this.power.state();
      if (power === 'off' && !wasOff) {
        wasOff = true;
        await this.power.on();
      }
      if (power === 'suspended') await this.power.resume();
      // A host that boots starts its units itself. To ask for it takes a slow one seconds, while it serves already.
      const start = wasOff ? 'true' : `sudo systemctl start ${units.join(' ')}`;
      return this.ssh.run(start).then(
        () => [],
        (error: unknown) => {
          // Who is let in, a host that boots may know later than that it is asked.
          if (error instanceof NoConnectionError || error instanceof RefusedUserError) return [error.message];
          throw error;
        },
      );
    };
    await waitUntilNothingIsMissing(`${this.node} answers`, missing, { deadlineMs: BOOT_WITHIN_MS });
  }

  /**
   * The units' order stops keepalived first. Resolves when it is off, or where nobody tells that, does not answer any more.
   * @throws DeadlineExceededError after SHUTDOWN_WITHIN_MS
   */
  async shutDown(): Promise<void> {
    const power = await this.power.state();
    if (power === 'off') return;
    if (power === 'suspended') await this.power.resume();
    await this.ssh.run('sudo systemctl --no-block poweroff').catch((error: unknown) => {
      // It may be gone before it has answered.
      if (!(error instanceof NoConnectionError)) throw error;
    });
    const answers = () => this.ssh.run('true').then(() => true, unlessNoConnection);
    const missing = async () => ((await this.power.state()) === 'on' && (await answers()) ? ['is running'] : []);
    await waitUntilNothingIsMissing(`${this.node} is off`, missing, { deadlineMs: SHUTDOWN_WITHIN_MS });
  }

  private get environment(): string {
    return `${CONFIGURATION_FOLDER}/nodes/${this.node}/node.env`;
  }
}
