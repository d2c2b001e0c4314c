import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nodesOf, type Cluster } from '../../cluster/cluster.js';
import { editedCluster } from '../../cluster/testing/edited-cluster.js';
import { FakeClock } from '../../common/testing/fake-clock.js';
import type { ServiceName } from '../../node/contract.js';
import { manifestPath, manifestText, type RenderedFiles } from '../../rendering/render.js';
import { InMemoryLab } from '../memory/in-memory-lab.js';
import { bringUp } from './bring-up.js';
import { HARMFUL, InMemoryDeployment, INVALID } from './testing/in-memory-deployment.js';
import { type UpdateEntry, updateJournal, type UpdateOrder } from './update-order.js';

/** Its services adopt what is installed when they start, and HAProxy when it reloads, as those of the other labs do. */
class AdoptingLab extends InMemoryLab {
  deployment?: InMemoryDeployment;

  override async startService(node: string, service: ServiceName): Promise<void> {
    await super.startService(node, service);
    this.deployment?.adopt(node, service);
  }

  override async reloadHaproxy(node: string): Promise<void> {
    await super.reloadHaproxy(node);
    this.deployment?.adopt(node, 'haproxy');
  }
}

const NOTHING: UpdateEntry = {
  ...{ tier: 'frontend', nodes: [], newNodes: [], problems: [] },
  ...{ files: {}, hostFiles: {}, images: {} },
};

let stateFolder: string;
let cluster: Cluster;
let lab: AdoptingLab;
let deployment: InMemoryDeployment;
let order: UpdateOrder;
let steps: string[];

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'bring-up-'));
  cluster = editedCluster();
  lab = new AdoptingLab(cluster, new FakeClock());
  deployment = new InMemoryDeployment(cluster, lab);
  lab.deployment = deployment;
  order = { cluster, lab, deployment, journal: updateJournal(stateFolder, 'memory') };
  steps = [];
  deployment.rendered = rendered();
  deployment.settle();
});

afterEach(() => rm(stateFolder, { recursive: true }));

/** @param edit of the files of a node */
function rendered(edit: (text: string, node: string) => string = (text) => text): RenderedFiles {
  const files: RenderedFiles = new Map();
  for (const { name } of nodesOf(cluster)) {
    files.set(`nodes/${name}/haproxy.cfg`, edit('frontend\n', name));
    files.set(`nodes/${name}/keepalived.conf`, edit('virtual_router_id 10\n', name));
    files.set(manifestPath(name), manifestText(files, name));
  }
  return files;
}

const up = () =>
  bringUp(order, async (text, work) => {
    steps.push(text);
    return work();
  });

const reloaded = () => [
  ...new Set(steps.flatMap((text) => /^(?:Reload|Restart|Renew) \w+ on (\S+)/.exec(text)?.[1] ?? [])),
];

describe('bringUp', () => {
  it('does nothing where there is nothing to do', async () => {
    expect(await up()).toBe(false);
    expect(steps).toEqual([]);
  });

  it('waits for a server that is slow to answer, and changes nothing for it', async () => {
    const observe = lab.observe.bind(lab);
    let looks = 0;
    lab.observe = async () => {
      const seen = await observe();
      if (++looks < 3) seen[0]!.servers[1]!.status = 'DOWN';
      return seen;
    };
    expect(await up()).toBe(false);
    expect(steps).toEqual(['Wait until every tier is healthy']);
  });

  it('starts a lab that does not run as a whole', async () => {
    deployment.isRunning = false;
    deployment.rendered = rendered((text) => `${text}# new\n`);
    expect(await up()).toBe(true);
    expect(steps).toEqual(['Check the configuration', 'Start the nodes', 'Wait until every tier is healthy']);
  });

  it('goes from node to node, the holder of a virtual IP last', async () => {
    deployment.rendered = rendered((text) => `${text}# new\n`);
    expect(await up()).toBe(true);
    expect(reloaded()).toEqual(['frontend-02', 'frontend-01', 'backend-02', 'backend-01']);
    expect(await up()).toBe(false);
  });

  it('touches the nodes alone that differ, and renews what has another image', async () => {
    deployment.rendered = rendered((text, node) => (node === 'backend-01' ? `${text}# new\n` : text));
    await up();
    expect(reloaded()).toEqual(['backend-01']);
    deployment.image = 'sha256:two';
    steps = [];
    await up();
    expect(reloaded()).toHaveLength(4);
    expect(steps).toContain('Renew haproxy on frontend-02');
  });

  it('touches nothing when a file does not validate', async () => {
    const before = new Map(deployment.installed);
    deployment.rendered = rendered((text) => text + INVALID);
    await expect(up()).rejects.toThrow('nodes/frontend-01/haproxy.cfg');
    expect(steps).toEqual(['Check the configuration']);
    expect(deployment.installed).toEqual(before);
  });

  it('gives a node that is worth less what it had, says what has changed, and touches no other', async () => {
    const before = new Map(deployment.installed);
    deployment.rendered = rendered((text) => text.replace('frontend\n', `${HARMFUL}\n`));
    await expect(up()).rejects.toThrow(
      [
        'frontend-02: worth less with this change; previous configuration restored, no further node touched',
        '  haproxy.cfg',
        '  - frontend',
        '  + harmful',
        '  worse: frontend-02: its HAProxy does not answer GET http://frontend-02/',
      ].join('\n'),
    );
    expect(reloaded()).toEqual(['frontend-02']);
    expect(deployment.installed).toEqual(before);
    expect(await order.journal.read()).toBeUndefined();
    deployment.rendered = rendered();
    expect(await up()).toBe(false);
  });

  it('gives back images, too', async () => {
    deployment.rendered = rendered((text) => text.replace('frontend\n', `${HARMFUL}\n`));
    deployment.image = 'sha256:two';
    await expect(up()).rejects.toThrow(/^ {2}image image\n {2}- sha256:one\n {2}\+ sha256:two$/m);
    expect(deployment.image).toBe('sha256:one');
  });

  it('does not go on to a node that serves when the first one, which was broken before, still is', async () => {
    const harmful = (text: string, node: string) =>
      node === 'frontend-02' ? text.replace('frontend\n', `${HARMFUL}\n`) : text;
    deployment.rendered = rendered(harmful);
    deployment.settle();
    deployment.rendered = rendered((text) => text.replace('frontend\n', `${HARMFUL}\n# new\n`));
    await expect(up()).rejects.toThrow('frontend-01: not touched, since it serves, and the change has not been seen');
    expect(reloaded()).toEqual(['frontend-02']);
  });

  it('takes back what an update that was interrupted has left, before it begins anew', async () => {
    deployment.rendered = rendered((text) => text.replace('frontend\n', `${HARMFUL}\n`));
    const interrupted = bringUp(order, async (text, work) => {
      if (text.startsWith('Give ')) throw new Error('interrupted');
      return work();
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect(await order.journal.read()).toMatchObject({ nodes: ['frontend-02'] });
    deployment.rendered = rendered();
    expect(await up()).toBe(false);
    expect(steps[0]).toBe('Give frontend-02 the previous configuration');
    expect(await order.journal.read()).toBeUndefined();
  });

  describe('after an interruption', () => {
    beforeEach(() => order.journal.write({ ...NOTHING, nodes: ['frontend-02'] }));

    it('takes nothing back from a node that is not there any more', async () => {
      deployment.missing.add('frontend-02');
      await up();
      expect(steps).toEqual([]);
      expect(await order.journal.read()).toBeUndefined();
    });

    it('forgets what there was to take back when a lab that is off is started, and not sooner', async () => {
      deployment.isRunning = false;
      for (const { name } of nodesOf(cluster)) await lab.stopNode(name);
      deployment.assertReady = async () => {
        expect(await order.journal.read()).toBeDefined();
        for (const { name } of nodesOf(cluster)) await lab.startNode(name);
      };
      expect(await up()).toBe(true);
      expect(steps).not.toContain('Give frontend-02 the previous configuration');
      expect(await order.journal.read()).toBeUndefined();
    });
  });

  it('changes all nodes of a tier at once in what they cannot differ in, and says so', async () => {
    deployment.rendered = rendered((text, node) => (node.startsWith('backend') ? text.replace('10', '30') : text));
    await up();
    expect(steps).toContain(
      'Tier backend as a whole (virtual_router_id 10 -> 30): its requests fail until all nodes have it',
    );
    expect(reloaded()).toEqual(['backend-02', 'backend-01']);
  });

  it('removes nodes that cluster.yaml does not name any more, in the end', async () => {
    deployment.surplus.add('backend-03');
    await up();
    expect(steps).toContain('Remove backend-03');
    expect(await up()).toBe(false);
  });
});
