import { expect, it } from '@jest/globals';
import { nodesOf } from '../../cluster/cluster.js';
import { editedCluster } from '../../cluster/testing/edited-cluster.js';
import type { RenderedFiles } from '../../rendering/render.js';
import { type ImageHost, HostDeployment } from './host-deployment.js';
import { ManagedHostLab } from './managed-host-lab.js';
import type { Host } from './host.js';
import { VAGRANT_MACHINES, vagrantMachines } from './vagrant-machines.js';

const TEMPLATES = new URL('../../../config-templates', import.meta.url).pathname;

/** Machines that tell the name of their interface on the LAN, and nothing else. */
class NamingLab extends ManagedHostLab {
  constructor(private readonly interfaces: Record<string, string>) {
    super(editedCluster({}, 'machines'), vagrantMachines('', {}), VAGRANT_MACHINES);
  }

  override async host(node: string): Promise<Host> {
    const host = { power: { state: async () => 'on' }, interfaceWith: async () => this.interfaces[node] };
    return host as unknown as Host;
  }
}

it("renders for each machine with its own name of the LAN's interface, and validates the same with one that is there", async () => {
  const cluster = editedCluster({}, 'machines');
  const lab = new NamingLab({ 'frontend-01': 'eth1', 'frontend-02': 'ens6', 'backend-01': 'eth1' });
  const validated: RenderedFiles[] = [];
  const host: Pick<ImageHost, 'validate'> = { validate: async (files) => void validated.push(files) };
  const deployment = new HostDeployment(cluster, TEMPLATES, lab, host as ImageHost);
  const rendered = await deployment.render();
  const interfacesIn = (files: RenderedFiles) =>
    nodesOf(cluster).map(({ name }) => /^ +interface (\S+)$/m.exec(files.get(`nodes/${name}/keepalived.conf`)!)?.[1]);
  expect(interfacesIn(rendered)).toEqual(['eth1', 'ens6', 'eth1', cluster.lan.interface]);
  await deployment.validate();
  expect(interfacesIn(validated[0]!)).toEqual(['eth0', 'eth0', 'eth0', 'eth0']);
  expect([...validated[0]!.keys()].toSorted()).toEqual([...rendered.keys()].toSorted());
});
