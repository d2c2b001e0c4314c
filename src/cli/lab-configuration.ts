import type { CheckedCluster } from '../check/checked-cluster.js';
import { clusterOf, HAPROXY, KEEPALIVED, type NodeFiles } from '../check/cluster-of.js';
import type { Sight } from '../check/sight.js';
import { type Cluster, nodesOf } from '../cluster/cluster.js';
import { deathDetection, type Detection, hangDetection } from '../drill/detection.js';
import { DETECTORS } from '../node/contract.js';
import { filesOfNode, renderConfiguration } from '../rendering/render.js';

/** What is rendered for the lab, to be checked like any other configuration; what its detectors find out is known. */
export async function labConfiguration(cluster: Cluster, templatesFolder: string): Promise<CheckedCluster> {
  const rendered = await renderConfiguration(cluster, templatesFolder);
  const nodes = nodesOf(cluster).map(({ name }): NodeFiles => ({
    name,
    keepalived: `nodes/${name}/${KEEPALIVED}`,
    haproxy: `nodes/${name}/${HAPROXY}`,
    all: filesOfNode(rendered, name),
    folder: `nodes/${name}`,
    knownSights: sightsOf(cluster),
  }));
  return clusterOf(nodes, rendered);
}

/** Of the track files; scripts tell themselves what they find out. */
function sightsOf(cluster: Cluster): Map<string, Sight> {
  const blind = { haproxyDies: false, haproxyHangs: false, allServersDie: false, patienceMs: 0 };
  const files = [...Object.keys(DETECTORS), 'node-starting'].map((name) => name.replaceAll('-', '_'));
  const sights = new Map<string, Sight>(files.map((name) => [name, blind]));
  if (!cluster.profile.detection.haproxyWatcher) return sights;
  const times = ({ fromMs, untilMs }: Detection): [number, number] => [fromMs, untilMs];
  const [dies, hangs] = [times(deathDetection(cluster)), times(hangDetection(cluster))];
  return sights
    .set('haproxy_gone', { ...blind, haproxyDies: true, detectionMs: { 'haproxy-dies': dies } })
    .set('haproxy_silent', { ...blind, haproxyHangs: true, detectionMs: { 'haproxy-hangs': hangs } });
}
