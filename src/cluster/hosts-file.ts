import { Type } from 'class-transformer';
import { IsArray, IsObject, IsOptional, IsString, Matches, ValidateNested } from 'class-validator';
import { InterfaceName, NAME, NAME_MESSAGE, Nested, OneOf, Port } from './fields.js';

/* `hosts:` in cluster.yaml: how hosts of the user's own are reached. What is not said is as ssh(1) and ~/.ssh/config have it. */

export const Text = (what: string) => IsString({ message: `must be ${what}` });
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

/** How ssh reaches a host. */
class SshFile {
  @IsOptional() @UserName() user?: string;
  @IsOptional() @Port() port?: number;
  /** A file on this host; it may begin with `~/`. */
  @IsOptional() @Text('the file of a private key') key?: string;
}

/** The same of one that can be switched on and off. */
class SwitchedHostFile extends SshFile {
  @IsOptional() @Nested(() => PowerFile) power?: PowerFile;
}

/** A node's host, where it is otherwise than those of all. */
export class HostFile extends SwitchedHostFile {
  @Matches(NAME, { message: NAME_MESSAGE }) name!: string;
  /** How ssh reaches it; at the node's address without it. */
  @IsOptional() @HostName() host?: string;
  /** The LAN's; that which has the node's address without it. */
  @IsOptional() @InterfaceName() interface?: string;
}

/** A host from which clients ask. */
export class ProbeHostFile extends SshFile {
  @HostName() host!: string;
}

/** Hosts, and how each is reached; what is said beside `nodes` is for all of them. */
export class InventoryFile extends SwitchedHostFile {
  /** A file of host keys; those of ssh's user without it. */
  @IsOptional() @Text('a file') knownHosts?: string;
  /** Where clients are; on this host without it. */
  @IsOptional() @Nested(() => ProbeHostFile) probe?: ProbeHostFile;
  @IsArray({ message: 'must be a list of hosts, each with the name of its node' })
  @IsObject({ each: true, message: 'must be mappings, each with the name of a node' })
  @ValidateNested({ each: true })
  @Type(() => HostFile)
  nodes!: HostFile[];
}

/** Hosts of which `up` makes nodes; see unmanaged-hosts.ts for those of somebody else. */
export class HostsFile extends InventoryFile {
  @IsOptional() @OneOf([true, false]) managed?: true;
}
