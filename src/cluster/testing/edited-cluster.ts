import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { Cluster, Place } from '../cluster.js';
import { parseCluster } from '../load-cluster.js';

const CLUSTER_YAML = new URL('../../../cluster.yaml', import.meta.url).pathname;

/** Values by path, such as `tiers.frontend.nodes.0.name`; undefined removes what is there. */
export type Edits = Record<string, unknown>;

/** The committed cluster.yaml with some of its values changed. */
export function editedClusterYaml(edits: Edits = {}): string {
  const document = parseDocument(readFileSync(CLUSTER_YAML, 'utf8'));
  for (const [path, value] of Object.entries(edits)) {
    const keys = path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    if (value === undefined) document.deleteIn(keys);
    else document.setIn(keys, document.createNode(value));
  }
  return document.toString();
}

export function editedCluster(edits: Edits = {}, place?: Place): Cluster {
  return parseCluster(editedClusterYaml(edits), 'cluster.yaml', place);
}

/** So many nodes `{prefix}-01`, `{prefix}-02`, ..., with addresses that follow the given one. */
export function nodes(prefix: string, count: number, firstAddress: number): { name: string; address: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}-0${index + 1}`,
    address: `192.168.99.${firstAddress + index}`,
  }));
}
