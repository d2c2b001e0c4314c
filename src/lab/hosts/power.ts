import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PowerState } from '../lab.js';

/** What is done to a host from outside. Each command fails on a host that is not in the state it starts from. */
export interface Power {
  state(): Promise<PowerState>;
  on(): Promise<void>;
  /** Pulls the plug, of a suspended host too; missing where only the host can do it itself. */
  off?(): Promise<void>;
  suspend(): Promise<void>;
  resume(): Promise<void>;
  /**
   * The cable of an interface; missing where only the host can take its interface down itself.
   * @param mac of the interface, such as `52:54:00:aa:bb:cc`
   */
  setLink?(mac: string, state: 'up' | 'down'): Promise<void>;
}

/** Of a host that nobody here can switch: it counts as on, and answers ssh or does not. */
export class NoPower implements Power {
  constructor(private readonly node: string) {}

  async state(): Promise<PowerState> {
    return 'on';
  }

  on(): Promise<void> {
    return this.refuse();
  }

  suspend(): Promise<void> {
    return this.refuse();
  }

  resume(): Promise<void> {
    return this.refuse();
  }

  private async refuse(): Promise<void> {
    throw new Error(`${this.node}: nothing here switches it on; cluster.yaml: hosts.power can say what does`);
  }
}

/** Commands for a shell on this host. */
export interface PowerCommands {
  on: string;
  off?: string | undefined;
  /** Prints `on` or `running`, as a word of its own, for a host that is on. */
  state: string;
}

/** By commands of the user's, such as those of IPMI or of a cloud. They are told which host is meant by HA_DEMO_NODE and HA_DEMO_HOST. */
export class CommandPower implements Power {
  readonly off?: () => Promise<void>;
  private readonly environment: NodeJS.ProcessEnv;

  constructor(
    private readonly node: string,
    private readonly commands: PowerCommands,
    host: string,
    environment: NodeJS.ProcessEnv,
  ) {
    this.environment = { ...environment, HA_DEMO_NODE: node, HA_DEMO_HOST: host };
    const { off } = commands;
    if (off !== undefined) this.off = async () => void (await this.run('off', off));
  }

  async state(): Promise<PowerState> {
    return /\b(?:on|running)\b/i.test(await this.run('state', this.commands.state)) ? 'on' : 'off';
  }

  async on(): Promise<void> {
    await this.run('on', this.commands.on);
  }

  async suspend(): Promise<void> {
    throw new Error(`${this.node}: a host cannot be suspended`);
  }

  async resume(): Promise<void> {
    throw new Error(`${this.node}: a host cannot be resumed`);
  }

  private async run(name: string, command: string): Promise<string> {
    try {
      return (await promisify(execFile)('sh', ['-c', command], { env: this.environment, timeout: COMMAND_WITHIN_MS }))
        .stdout;
    } catch (error) {
      const { stderr = '', code, killed } = error as Error & { stderr?: string; code?: unknown; killed?: boolean };
      // The error's own message has the command, and that may have a password.
      const ended = killed ? `has not ended within ${COMMAND_WITHIN_MS / 1000} s` : `exit code ${String(code)}`;
      const why = stderr.trim() || ended;
      throw new Error(`${this.node}: hosts.power.${name}: ${why.split('\n')[0]}`);
    }
  }
}

const COMMAND_WITHIN_MS = 60_000;
