import { expect, it } from '@jest/globals';
import { type Cluster, tierOf } from '../cluster/cluster.js';
import { editedCluster, nodes } from '../cluster/testing/edited-cluster.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { faultNamed } from './catalogue.js';
import { type Fault, nodesFor, usualNodeFor } from './fault.js';

const threeFrontends = () => editedCluster({ 'tiers.frontend.nodes': nodes('frontend', 3, 11) });

/** @returns the holders of the frontend's virtual IP */
async function holdersUnder(fault: Fault, cluster: Cluster): Promise<string[]> {
  const lab = new InMemoryLab(cluster);
  const tier = tierOf(cluster, 'frontend');
  await fault.inject(lab, { cluster, tier, node: usualNodeFor(fault, tier) }, new AbortController().signal);
  const { virtualIp } = tier.virtualRouter;
  return (await lab.observe()).filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map(({ node }) => node);
}

const [deafBackup, muteMaster] = [faultNamed('deaf-backup'), faultNamed('mute-master')];

it.each([deafBackup, muteMaster])('both nodes of a tier of two hold the virtual IP: $name', async (fault) => {
  expect(await holdersUnder(fault, editedCluster())).toEqual(['frontend-01', 'frontend-02']);
});

it.each([
  ['a mute master is followed by the next in line, whom the third hears', muteMaster, 'frontend-02'],
  ['a deaf backup takes it itself, while the others hear the master', deafBackup, 'frontend-03'],
])('in a tier of three %s', async (_what, fault, second) => {
  expect(await holdersUnder(fault, threeFrontends())).toEqual(['frontend-01', second]);
});

it('is for the node that it makes sense on', () => {
  const tier = tierOf(threeFrontends(), 'frontend');
  const namesFor = (fault: Fault) => nodesFor(fault, tier).map(({ name }) => name);
  expect(namesFor(muteMaster)).toEqual(['frontend-01']);
  expect(namesFor(deafBackup)).toEqual(['frontend-02', 'frontend-03']);
  expect(namesFor(faultNamed('kill-app'))).toHaveLength(3);
});
