import { readFileSync } from 'node:fs';
import { type Document, parseDocument } from 'yaml';
import type { Cluster, Hosting } from '../cluster.js';
import { parseCluster } from '../load-cluster.js';

const TEXT = readFileSync(new URL('../../../cluster.yaml', import.meta.url), 'utf8');
let document: Document | undefined;

/** Values by path, such as `tiers.frontend.nodes.0.name`; undefined removes what is there. */
export type Edits = Record<string, unknown>;

/** The committed cluster.yaml with some of its values changed. */
export function editedClusterYaml(edits: Edits = {}): string {
  if (Object.keys(edits).length === 0) return TEXT;
  document ??= parseDocument(TEXT);
  const edited = document.clone();
  for (const [path, value] of Object.entries(edits)) {
    const keys = path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    if (value === undefined) edited.deleteIn(keys);
    else edited.setIn(keys, edited.createNode(value));
  }
  return edited.toString();
}

export function editedCluster(edits: Edits = {}, hosting?: Hosting): Cluster {
  return parseCluster(editedClusterYaml(edits), 'cluster.yaml', hosting);
}

/** So many nodes `{prefix}-01`, `{prefix}-02`, ..., with addresses that follow the given one. */
export function nodes(prefix: string, count: number, firstAddress: number): { name: string; address: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}-0${index + 1}`,
    address: `192.168.99.${firstAddress + index}`,
  }));
}
