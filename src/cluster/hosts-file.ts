import { Type } from 'class-transformer';
import { IsArray, IsObject, IsOptional, IsString, Matches, ValidateNested } from 'class-validator';
import { InterfaceName, NAME, NAME_MESSAGE, Nested, Port } from './fields.js';

/* `hosts:` in cluster.yaml: how hosts of the user's own are reached. What is not said is as ssh(1) and ~/.ssh/config have it. */

const Text = (what: string) => IsString({ message: `must be ${what}` });
/** Nothing that `ssh` would take for an option. */
const HostName = () =>
  Matches(/^[a-zA-Z0-9_.:][a-zA-Z0-9_.:-]*$/, { message: 'must be an address, or a name that ssh knows' });
const UserName = () => Matches(/^[a-z_][a-z0-9_.-]*\$?$/i, { message: "must be a user's name" });

/** Commands for a shell on this host; they are told which host is meant by HA_DEMO_NODE and HA_DEMO_HOST. */
export class PowerFile {
  @Text('a command') on!: string;
  /** A host switches itself off without it. */
  @IsOptional() @Text('a command') off?: string;
  /** Prints `on` or `running` for a host that is on. */
  @Text('a command') state!: string;
}

class SshFile {
  @IsOptional() @UserName() user?: string;
  @IsOptional() @Port() port?: number;
  /** A file on this host; it may begin with `~/`. */
  @IsOptional() @Text('the file of a private key') key?: string;
  @IsOptional() @Nested(() => PowerFile) power?: PowerFile;
}

/** A node's host, where it is otherwise than those of all. */
export class HostFile extends SshFile {
  @Matches(NAME, { message: NAME_MESSAGE }) name!: string;
  /** How ssh reaches it; at the node's address without it. */
  @IsOptional() @HostName() host?: string;
  /** The LAN's; that which has the node's address without it. */
  @IsOptional() @InterfaceName() interface?: string;
}

/** What is said beside `nodes` is for all of them. */
export class HostsFile extends SshFile {
  /** A file of host keys; those of ssh's user without it. */
  @IsOptional() @Text('a file') knownHosts?: string;
  @IsArray({ message: 'must be a list of hosts, each with the name of its node' })
  @IsObject({ each: true, message: 'must be mappings, each with the name of a node' })
  @ValidateNested({ each: true })
  @Type(() => HostFile)
  nodes!: HostFile[];
}
