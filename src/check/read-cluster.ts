import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { InvalidInputError } from '../common/errors.js';
import { LONGEST_FILE_BYTES, textOf } from '../configuration/source.js';
import type { CheckedCluster } from './checked-cluster.js';
import { clusterOf, HAPROXY, KEEPALIVED, type NodeFiles } from './cluster-of.js';

/**
 * Reads the configurations of all nodes.
 * @param paths one folder with a folder per node, in which `keepalived.conf` and `haproxy.cfg` of the folder itself are for all nodes that
 * have none; or folders and files that are a node each
 * @param haproxy of nodes that have no haproxy.cfg of their own
 * @throws InvalidInputError when something cannot be read, or is no configuration
 */
export async function readCluster(paths: string[], haproxy?: string): Promise<CheckedCluster> {
  const texts = new Map<string, string>();
  const nodes = (await Promise.all(paths.map((path) => nodesIn(normalize(path), paths.length === 1)))).flat();
  const double = nodes.find(({ name }, at) => nodes.findIndex((other) => other.name === name) < at);
  if (double) throw new InvalidInputError(`${double.name}: two nodes have this name; each file or folder is a node`);
  const shared = haproxy === undefined ? undefined : normalize(haproxy);
  if (shared !== undefined) texts.set(shared, await textIn(shared));
  for (const { all } of nodes) for (const [path, text] of all) texts.set(path, text);
  for (const { keepalived, haproxy: own } of nodes) {
    assertIs(
      keepalived,
      texts,
      /^[ \t\ufeff]*(?:@\S+[ \t]+)?(global_defs|vrrp_\w+|virtual_server\w*|include\w?|static_\w+|\$\w+\s*=)/m,
      'keepalived',
    );
    assertIs(own ?? shared, texts, /^[ \t\ufeff]*(global|defaults|frontend|backend|listen)\b/m, 'HAProxy');
  }
  return clusterOf(nodes, texts, shared);
}

/** @throws InvalidInputError for a file that is something else, or empty: that nothing is wrong with it would be no news */
function assertIs(path: string | undefined, texts: ReadonlyMap<string, string>, block: RegExp, program: string): void {
  if (path !== undefined && !block.test(texts.get(path)!))
    throw new InvalidInputError(`${path}: no configuration of ${program}'s: none of its blocks begins in it`);
}

async function nodesIn(path: string, mayHoldNodes: boolean): Promise<NodeFiles[]> {
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${path}: not a file or folder that can be read (${error.code})`);
  });
  if (!kind.isDirectory()) return [fileNode(path, await textIn(path))];
  const own = await filesIn(path, 0);
  const nodes: NodeFiles[] = [];
  for (const name of mayHoldNodes ? await foldersIn(path) : []) {
    const files = await filesIn(join(path, name), DEEPEST);
    const found = configurationsIn(join(path, name), files);
    if (!found.keepalived && !found.haproxy) continue;
    const shared = configurationsIn(path, own);
    const all = new Map([...own, ...files]);
    nodes.push({
      name,
      folder: join(path, name),
      all,
      keepalived: found.keepalived ?? shared.keepalived,
      haproxy: found.haproxy ?? shared.haproxy,
    });
  }
  if (nodes.length > 0) return nodes;
  const all = await filesIn(path, DEEPEST);
  const found = configurationsIn(path, all);
  const flat = [...own].filter(([file, text]) => file.endsWith('.conf') && text.includes('vrrp_instance'));
  if (!found.keepalived && flat.length > 0)
    return flat.map(([file, text]) => ({
      ...fileNode(file, text),
      ...(found.haproxy && { haproxy: found.haproxy, all: own }),
    }));
  if (!found.keepalived && !found.haproxy)
    throw new InvalidInputError(
      `${path}: neither ${KEEPALIVED} nor ${HAPROXY} in it, nor in a folder per node below it`,
    );
  return [{ name: basename(resolve(path)), folder: path, all, ...found }];
}

function fileNode(path: string, text: string): NodeFiles {
  const isHaproxy = path.endsWith('.cfg');
  return {
    name: nameOf(path),
    folder: undefined,
    all: new Map([[path, text]]),
    keepalived: isHaproxy ? undefined : path,
    haproxy: isHaproxy ? path : undefined,
  };
}

/** In the folder itself, or where they are on a node. */
function configurationsIn(folder: string, files: ReadonlyMap<string, string>) {
  const find = (name: string, program: string) =>
    [join(folder, name), join(folder, 'etc', program, name)].find((path) => files.has(path));
  return { keepalived: find(KEEPALIVED, 'keepalived'), haproxy: find(HAPROXY, 'haproxy') };
}

async function foldersIn(path: string): Promise<string[]> {
  const names = (await readdir(path)).filter((name) => !name.startsWith('.'));
  const kinds = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => undefined)));
  return names.filter((_name, at) => kinds[at]?.isDirectory()).toSorted();
}

/** Of a file that is a node: its folder's name, when its own is that of every node's. */
function nameOf(path: string): string {
  const file = basename(path);
  return file === KEEPALIVED || file === HAPROXY ? basename(dirname(resolve(path))) : file.replace(/\.\w+$/, '');
}

/** Includes and scripts are near by; what is larger or deeper is something else. */
const [DEEPEST, MOST_FILES] = [4, 500];

/** Text of every file of a folder that can be a configuration, a script or a setting. */
async function filesIn(folder: string, depth: number, files = new Map<string, string>()): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${folder}: cannot be read (${error.code})`);
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0 && !entry.name.startsWith('.')) await filesIn(path, depth - 1, files);
    if (entry.isDirectory()) continue;
    const isRead = entry.name === KEEPALIVED || entry.name === HAPROXY;
    if (!isRead && (files.size >= MOST_FILES || !(await isSmallFile(path)))) continue;
    files.set(path, await textIn(path));
  }
  return files;
}

async function isSmallFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.isFile() && found.size <= LONGEST_FILE_BYTES;
}

async function textIn(path: string): Promise<string> {
  const refuse = (why: string) => new InvalidInputError(`${path}: ${why}`);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`cannot be read (${error.code})`);
  });
  if (!found.isFile()) throw refuse('not a file');
  if (found.size > LONGEST_FILE_BYTES)
    throw refuse(`${Math.ceil(found.size / 1024)} KiB; a configuration has at most ${LONGEST_FILE_BYTES / 1024} KiB`);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`cannot be read (${error.code})`);
  });
  return textOf(bytes);
}
