import { basename } from 'node:path';
import { haproxyModel } from '../configuration/haproxy/model.js';
import { HaproxyReader } from '../configuration/haproxy/tree.js';
import { keepalivedModel } from '../configuration/keepalived/model.js';
import { keepalivedTree } from '../configuration/keepalived/tree.js';
import type { CheckedCluster, CheckedNode } from './checked-cluster.js';
import type { Sight } from './sight.js';

export const KEEPALIVED = 'keepalived.conf';
export const HAPROXY = 'haproxy.cfg';

/** What a node is read from. Paths are as the user wrote them, and what is below. */
export interface NodeFiles {
  name: string;
  keepalived: string | undefined;
  haproxy: string | undefined;
  /** path -> text of everything in the folder */
  all: ReadonlyMap<string, string>;
  folder: string | undefined;
  /** See CheckedNode. */
  knownSights?: ReadonlyMap<string, Sight>;
}

/**
 * @param texts of every file, by its path
 * @param haproxy path of the file for nodes that have none of their own
 */
export function clusterOf(nodes: NodeFiles[], texts: ReadonlyMap<string, string>, haproxy?: string): CheckedCluster {
  const haproxies = new Map<string, CheckedNode['haproxy']>();
  const read = nodes.map((node): CheckedNode => {
    const path = node.haproxy ?? haproxy;
    if (path !== undefined && !haproxies.has(path)) haproxies.set(path, haproxyOf(path, texts.get(path)!));
    return {
      name: node.name,
      folder: node.folder,
      keepalived: keepalivedOf(node),
      haproxy: path === undefined ? undefined : haproxies.get(path),
      otherFiles: otherFilesOf(node),
      knownSights: node.knownSights ?? new Map<string, Sight>(),
      bindsNonlocal: [...node.all.values()].some((text) =>
        /^[ \t]*net[./]ipv[46][./]ip_nonlocal_bind[ \t]*=[ \t]*1/m.test(text),
      ),
    };
  });
  return { nodes: read, texts };
}

function keepalivedOf({ keepalived, all, name }: NodeFiles): CheckedNode['keepalived'] {
  if (keepalived === undefined) return undefined;
  const tree = keepalivedTree(keepalived, all, name);
  return { file: keepalived, tree, model: keepalivedModel(tree) };
}

function haproxyOf(path: string, text: string): NonNullable<CheckedNode['haproxy']> {
  const reader = new HaproxyReader();
  reader.read(path, text);
  return { file: path, tree: reader.tree, model: haproxyModel(reader.tree) };
}

/** By the path below the node's folder, as if that were the root, and by the name alone. */
function otherFilesOf({ all, folder }: NodeFiles): Map<string, string> {
  const files = new Map<string, string>();
  for (const [path, text] of all) {
    if (path.endsWith(KEEPALIVED) || path.endsWith(HAPROXY)) continue;
    files.set(basename(path), text);
    if (folder !== undefined && path.startsWith(`${folder}/`)) files.set(path.slice(folder.length), text);
  }
  return files;
}
