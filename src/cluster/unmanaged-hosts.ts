import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { IsOptional, Matches } from 'class-validator';
import { InvalidInputError } from '../common/errors.js';
import { NAME, NAME_MESSAGE, Nested, OneOf } from './fields.js';
import { type HostFile, InventoryFile, Text } from './hosts-file.js';
import { isMapping, parseYaml, validated } from './read-yaml.js';

/* Of a cluster.yaml with `hosts: { managed: false }`: a cluster that somebody else has set up. What else is in it is for other labs. */

/** Where a program of the user's is on each host. */
class OwnProgramFile {
  @IsOptional() @Matches(/^[a-zA-Z0-9@_.:-]+$/, { message: "must be a unit's name" }) unit?: string;
  @IsOptional() @Matches(/^\/[\w./-]+$/, { message: 'must be a path that begins with /' }) configuration?: string;
}

class UnmanagedHostsFile extends InventoryFile {
  @OneOf([false]) managed!: false;
  @IsOptional() @Nested(() => OwnProgramFile) haproxy?: OwnProgramFile;
  @IsOptional() @Nested(() => OwnProgramFile) keepalived?: OwnProgramFile;
  /** What clients ask, such as https://app.example/login; what haproxy.cfg offers without it. */
  @IsOptional() @Text('a URL') ask?: string;
}

class UnmanagedClusterFile {
  @Matches(NAME, { message: NAME_MESSAGE }) name!: string;
  @Nested(() => UnmanagedHostsFile) hosts!: UnmanagedHostsFile;
}

/** A program of the user's: its unit, and its main file on a host. */
export interface OwnProgram {
  unit: string;
  configuration: string;
}

/** A cluster that somebody else has set up. */
export interface UnmanagedCluster {
  name: string;
  inventory: InventoryFile;
  haproxy: OwnProgram;
  keepalived: OwnProgram;
  ask: string | undefined;
}

/**
 * @param path of a cluster.yaml
 * @returns undefined when it is about a cluster of ha-demo's, or cannot be read
 * @throws InvalidInputError with a line for each problem
 */
export function unmanagedClusterIn(path: string): UnmanagedCluster | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  const content = parseYaml(text, path);
  const hosts = isMapping(content) ? content['hosts'] : undefined;
  if (!isMapping(content) || !isMapping(hosts) || hosts['managed'] !== false) return undefined;
  const { file, problems } = validated(UnmanagedClusterFile, { name: content['name'], hosts });
  if (problems.length === 0 && file.hosts.nodes.length < 2) problems.push('hosts.nodes: must have at least two hosts');
  if (problems.length === 0) problems.push(...namesTwice(file.hosts.nodes));
  if (problems.length > 0) throw new InvalidInputError(problems.map((problem) => `${path}: ${problem}`).join('\n'));
  const { haproxy, keepalived, ask } = file.hosts;
  // As the packages of Debian and Red Hat have them.
  return {
    name: file.name,
    inventory: file.hosts,
    haproxy: { unit: haproxy?.unit ?? 'haproxy', configuration: haproxy?.configuration ?? '/etc/haproxy/haproxy.cfg' },
    keepalived: {
      unit: keepalived?.unit ?? 'keepalived',
      configuration: keepalived?.configuration ?? '/etc/keepalived/keepalived.conf',
    },
    ask,
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Who needs it says so.
    return undefined;
  }
}

function namesTwice(nodes: HostFile[]): string[] {
  return nodes.flatMap(({ name }, at) =>
    nodes.findIndex((other) => other.name === name) < at ? [`hosts.nodes[${at}].name: ${name} is there twice`] : [],
  );
}
