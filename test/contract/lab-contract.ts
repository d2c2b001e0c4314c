import { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Cluster, tierOf } from '../../src/cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { LabWatch } from '../../src/drill/lab-watch.js';
import { type Lab, type NodeObservation } from '../../src/lab/lab.js';
import { labProblems } from '../../src/lab/lab-problems.js';
import { SERVICE_NAMES } from '../../src/node/contract.js';
import { LabWaits } from '../support/lab-waits.js';

/**
 * What every lab must do, whatever it is made of. The lab is healthy before, and is left healthy.
 * @param withinMs how long the lab may take for each change
 * @param intervalMs how often it is asked meanwhile
 */
export function describeLabContract(
  kind: string,
  running: () => { lab: Lab; cluster: Cluster },
  { withinMs = 60_000, intervalMs = 500 } = {},
): void {
  describe(`${kind} keeps the contract of a lab`, () => {
    const observed = async (node: string): Promise<NodeObservation> => {
      const observation = (await running().lab.observe()).find((candidate) => candidate.node === node);
      if (!observation) throw new Error(`${node} is not observed`);
      return observation;
    };
    const waits = () => new LabWaits(running().cluster, running().lab, intervalMs);
    const untilBackendVipIsHeldBy = (holder: string) => waits().untilHeldBy('backend', holder, { alone: false });

    afterEach(() => waits().untilHealthy(), withinMs);

    test('observes every node in the order of cluster.yaml', async () => {
      const { lab, cluster } = running();
      const nodes = cluster.tiers.flatMap((tier) => tier.nodes.map(({ name }) => name));
      expect((await lab.observe()).map(({ node }) => node)).toEqual(nodes);
    });

    test('the first node of each tier holds its virtual IP, alone', async () => {
      const { lab, cluster } = running();
      const nodes = await lab.observe();
      for (const tier of cluster.tiers) {
        const holders = nodes.filter(({ vipsHeld }) => vipsHeld.includes(tier.virtualRouter.virtualIp));
        expect(holders.map(({ node, vrrpState }) => ({ node, vrrpState }))).toEqual([
          { node: tier.nodes[0]!.name, vrrpState: 'MASTER' },
        ]);
      }
    });

    test('counts the adverts that the master sends, and a backup hears', async () => {
      const { lab, cluster } = running();
      const { advertisementIntervalMs } = cluster.profile.vrrp;
      const [master, backup] = tierOf(cluster, 'backend').nodes;
      const windowMs = 10 * advertisementIntervalMs;
      expect(await lab.countAdverts(master!.name, windowMs)).toEqual({ sent: expect.any(Number), received: 0 });
      expect((await lab.countAdverts(master!.name, windowMs)).sent).toBeGreaterThan(0);
      expect(await lab.countAdverts(backup!.name, windowMs)).toEqual({ sent: 0, received: expect.any(Number) });
      expect((await lab.countAdverts(backup!.name, windowMs)).received).toBeGreaterThan(0);
    });

    test.each(SERVICE_NAMES)(
      'stops and starts %s',
      async (service) => {
        const { lab, cluster } = running();
        const node = tierOf(cluster, 'backend').nodes[1]!.name;
        await lab.stopService(node, service);
        expect((await observed(node)).services[service]).toBe('down');
        await lab.stopService(node, service); // a second stop changes nothing
        await lab.startService(node, service);
        expect((await observed(node)).services[service]).toBe('up');
        await lab.startService(node, service);
      },
      withinMs,
    );

    test.each(SERVICE_NAMES)(
      'kills %s',
      async (service) => {
        const { lab, cluster } = running();
        const node = tierOf(cluster, 'backend').nodes[1]!.name;
        await lab.killService(node, service);
        if (!lab.capabilities.restartsAfterCrash) {
          expect((await observed(node)).services[service]).toBe('down');
          await lab.startService(node, service);
        }
        await waits().untilUp(node, service);
      },
      withinMs,
    );

    test.each([
      ['app', 'killService'],
      ['app', 'stopService'],
      ['haproxy', 'stopService'],
      ['keepalived', 'stopService'],
    ] as const)(
      'suspends and resumes %s; for one that hangs %s works',
      async (service, end) => {
        const { lab, cluster } = running();
        const node = tierOf(cluster, 'backend').nodes[1]!.name;
        await lab.suspendService(node, service);
        await lab.suspendService(node, service); // changes nothing
        expect((await observed(node)).services[service]).toBe('hung');
        await lab.resumeService(node, service);
        await lab.resumeService(node, service);
        await waits().untilUp(node, service);
        await lab.suspendService(node, service);
        await lab[end](node, service);
        if (end === 'stopService') expect((await observed(node)).services[service]).toBe('down');
        await lab.startService(node, service);
        await waits().untilUp(node, service);
      },
      2 * withinMs,
    );

    test(
      'renews a service from new images, and from the old ones again',
      async () => {
        const { lab, cluster } = running();
        const node = tierOf(cluster, 'backend').nodes[1]!.name;
        if (!lab.capabilities.upgradesImages) {
          await expect(lab.publishImages()).rejects.toThrow(`--lab ${lab.traits.kind} up`);
          return;
        }
        await lab.publishImages();
        await lab.publishImages(); // changes nothing
        await lab.renewService(node, 'haproxy');
        await lab.renewService(node, 'haproxy');
        expect((await observed(node)).services.haproxy).toBe('up');
        await lab.withdrawImages();
        await lab.withdrawImages();
        await lab.renewService(node, 'haproxy');
      },
      withinMs,
    );

    test('reloads HAProxy', async () => {
      const { lab, cluster } = running();
      const node = tierOf(cluster, 'backend').nodes[1]!.name;
      await lab.reloadHaproxy(node);
      expect((await observed(node)).services.haproxy).toBe('up');
    });

    test(
      'injects faults into a service, and ends them',
      async () => {
        const { lab, cluster } = running();
        const node = tierOf(cluster, 'backend').nodes[1]!.name;
        await lab.injectAppFaults(node, { delayMs: 1 });
        await lab.injectAppFaults(node, {});
        await lab.stopService(node, 'app');
        await expect(lab.injectAppFaults(node, { delayMs: 1 })).rejects.toThrow();
        await lab.startService(node, 'app');
      },
      2 * withinMs,
    );

    test(
      'isolateNode makes the virtual IP appear elsewhere, rejoinNode lets it come back',
      async () => {
        const { lab, cluster } = running();
        const [first, second] = tierOf(cluster, 'backend').nodes.map(({ name }) => name);
        if (!lab.capabilities.isolatesNodes) {
          await expect(lab.isolateNode(first!)).rejects.toThrow(first!);
          return;
        }
        await lab.isolateNode(first!);
        await lab.isolateNode(first!); // changes nothing
        await untilBackendVipIsHeldBy(second!);
        await lab.rejoinNode(first!);
        await lab.rejoinNode(first!);
        await untilBackendVipIsHeldBy(first!);
      },
      2 * withinMs,
    );

    test.each(['haproxy', 'keepalived'] as const)(
      'limits the processor time of %s, which goes on, and lifts the limit',
      async (service) => {
        const { lab, cluster } = running();
        const node = tierOf(cluster, 'backend').nodes[1]!.name;
        await lab.limitProcessor(node, service, { quotaMs: 5, periodMs: 100 });
        await lab.limitProcessor(node, service, { quotaMs: 10, periodMs: 100 });
        expect((await observed(node)).services[service]).toBe('up');
        await lab.unlimitProcessor(node, service);
        await lab.unlimitProcessor(node, service); // changes nothing
      },
      withinMs,
    );

    test(
      'fills /run/ha-demo, which is a problem, and frees it',
      async () => {
        const { lab, cluster } = running();
        const node = tierOf(cluster, 'backend').nodes[1]!.name;
        if (!lab.capabilities.fillsRunFolders) {
          await expect(lab.fillRunFolder(node)).rejects.toThrow(node);
          return;
        }
        await lab.fillRunFolder(node);
        await lab.fillRunFolder(node); // changes nothing
        expect(labProblems(cluster, await lab.observe())).toEqual([{ node, text: `${node}: /run/ha-demo is full` }]);
        await lab.freeRunFolder(node);
        await lab.freeRunFolder(node);
        expect((await observed(node)).runFolderFull).toBeUndefined();
      },
      withinMs,
    );

    test(
      'starts all nodes, and what belongs to none of them',
      async () => {
        const { lab, cluster } = running();
        if (!lab.capabilities.restartsEngine) await expect(lab.restartEngine()).rejects.toThrow('engine');
        await lab.killNode(tierOf(cluster, 'backend').nodes[1]!.name);
        await lab.startLab();
        await lab.startLab(); // changes nothing
        expect((await lab.observe()).map(({ power }) => power)).toEqual(
          cluster.tiers.flatMap(({ nodes }) => nodes.map(() => 'on')),
        );
      },
      4 * withinMs,
    );

    test('drops packets, and stops dropping them', async () => {
      const { lab, cluster } = running();
      const [first, second] = tierOf(cluster, 'backend').nodes;
      await lab.dropPackets(first!.name, 0.5, { from: [second!.address] });
      await lab.dropPackets(first!.name, 0.1);
      await lab.dropNothing(first!.name);
      await lab.dropNothing(first!.name); // changes nothing
    });

    test(
      'a backup that hears no adverts takes the virtual IP as well, and gives it back once it hears them',
      async () => {
        const { lab, cluster } = running();
        const { nodes, virtualRouter } = tierOf(cluster, 'backend');
        const [first, second] = nodes;
        const { virtualIp } = virtualRouter;
        await lab.dropPackets(second!.name, 1, { from: [first!.address], packets: 'adverts' });
        await waits().until('two holders', (seen) =>
          nodes.flatMap(({ name }) =>
            seen.some(({ node, vipsHeld }) => node === name && vipsHeld.includes(virtualIp)) ? [] : [name],
          ),
        );
        // What is no advert arrives.
        expect((await observed(first!.name)).secondChance).not.toBe('suspended');
        await lab.dropNothing(second!.name);
      },
      2 * withinMs,
    );

    test(
      'takes the virtual IP from its holder, which has it again',
      async () => {
        const { lab, cluster } = running();
        const [first, second] = tierOf(cluster, 'backend').nodes;
        await lab.takeVirtualIp(first!.name);
        await untilBackendVipIsHeldBy(first!.name);
        await expect(lab.takeVirtualIp(second!.name)).rejects.toThrow();
      },
      withinMs,
    );

    test(
      'takes the rules away; they are back when it returns',
      async () => {
        const { lab, cluster } = running();
        await lab.takeRules(tierOf(cluster, 'backend').nodes[0]!.name);
      },
      withinMs,
    );

    test(
      'a stranger on the LAN is heard, and the virtual IP stays where it is',
      async () => {
        const { lab, cluster } = running();
        const { name } = tierOf(cluster, 'backend').nodes[0]!;
        if (!lab.capabilities.hasForeignRouters) {
          await expect(lab.startForeignRouter('backend')).rejects.toThrow('no host to spare');
          return;
        }
        await lab.startForeignRouter('backend');
        await lab.startForeignRouter('backend'); // changes nothing
        await waits().until('the stranger is heard', (nodes) => {
          const heard = nodes.filter(({ foreignAdverts, addressClaims }) => foreignAdverts[0] && addressClaims[0]);
          return heard.some(({ node }) => node === name) ? [] : [name];
        });
        await untilBackendVipIsHeldBy(name);
        await lab.stopForeignRouter('backend');
        await lab.stopForeignRouter('backend');
      },
      withinMs,
    );

    test.each(['stopNode', 'killNode'] as const)(
      '%s switches a node off, startNode on',
      async (off) => {
        const { lab, cluster } = running();
        const [first, second] = tierOf(cluster, 'backend').nodes;
        await lab[off](first!.name);
        await lab[off](first!.name); // changes nothing
        expect(await observed(first!.name)).toMatchObject({ power: 'off', vipsHeld: [] });
        await untilBackendVipIsHeldBy(second!.name);
        await expect(lab.startService(first!.name, 'app')).rejects.toThrow(`${first!.name} is off`);
        await lab.startNode(first!.name);
        await lab.startNode(first!.name);
      },
      3 * withinMs,
    );

    test.each([
      ['unplugNode', 'plugNode', { power: 'on', link: 'down' }],
      ['suspendNode', 'resumeNode', { power: 'suspended' }],
    ] as const)(
      '%s makes the virtual IP leave a node, %s lets it come back',
      async (leave, comeBack, seen) => {
        const { lab, cluster } = running();
        const [first, second] = tierOf(cluster, 'backend').nodes.map(({ name }) => name);
        if (leave === 'suspendNode' && !lab.capabilities.suspendsNodes) {
          await expect(lab.suspendNode(first!)).rejects.toThrow(first!);
          return;
        }
        await lab[leave](first!);
        await lab[leave](first!); // changes nothing
        await untilBackendVipIsHeldBy(second!);
        expect(await observed(first!)).toMatchObject({ ...seen, vipsHeld: [] });
        await lab[comeBack](first!);
        await lab[comeBack](first!);
        await untilBackendVipIsHeldBy(first!);
      },
      2 * withinMs,
    );

    test(
      'a suspended node can be started and stopped',
      async () => {
        const { lab, cluster } = running();
        if (!lab.capabilities.suspendsNodes) return;
        const { name } = tierOf(cluster, 'backend').nodes[1]!;
        await lab.suspendNode(name);
        await lab.startNode(name);
        expect(await observed(name)).toMatchObject({
          power: 'on',
          services: { app: 'up', haproxy: 'up', keepalived: 'up' },
        });
        await lab.suspendNode(name);
        await lab.stopNode(name);
        expect((await observed(name)).power).toBe('off');
        await lab.startNode(name);
      },
      4 * withinMs,
    );

    test('reads the logs of a service', async () => {
      const { lab, cluster } = running();
      const lines: string[] = [];
      const output = new Writable({
        write(chunk: Buffer, _encoding, done) {
          lines.push(...chunk.toString().split('\n').filter(Boolean));
          done();
        },
      });
      const options = { follow: false, tail: 500, signal: new AbortController().signal };
      await lab.writeLogs(tierOf(cluster, 'frontend').nodes[0]!.name, 'keepalived', output, options);
      const transition = lines.find((line) => line.includes('"state":"MASTER"'));
      expect(JSON.parse(transition ?? '{}')).toMatchObject({
        node: 'frontend-01',
        virtualRouter: 'frontend',
        state: 'MASTER',
      });
      lines.length = 0;
      await lab.writeLogs(tierOf(cluster, 'frontend').nodes[0]!.name, 'keepalived', output, {
        ...options,
        timestamps: true,
      });
      const [time, ...rest] = (lines.find((line) => line.includes('"state":"MASTER"')) ?? '').split(' {');
      expect(Math.abs(Date.parse(time!) - Date.now())).toBeLessThan(86_400_000);
      expect(JSON.parse(`{${rest.join(' {')}`)).toMatchObject({ state: 'MASTER' });
    });

    test(
      'tells what happens on a node as it happens, also after a service has gone and come back',
      async () => {
        const { lab, cluster } = running();
        const { name } = tierOf(cluster, 'backend').nodes[0]!;
        const heard: string[] = [];
        const watch = LabWatch.start(cluster, lab, (event) => {
          if (event.event === 'vrrp' && event.node === name) heard.push(event.state);
        });
        const untilHeard = (state: string, times: number) =>
          waitUntilNothingIsMissing(
            `${name} is ${state}, ${times} times`,
            async () => (heard.filter((one) => one === state).length >= times ? [] : [`heard: ${heard.join(', ')}`]),
            { deadlineMs: withinMs, intervalMs },
          );
        try {
          await lab.stopService(name, 'haproxy');
          await untilHeard('FAULT', 1);
          await lab.startService(name, 'haproxy');
          await untilHeard('MASTER', 1);
          await lab.stopService(name, 'keepalived');
          await lab.startService(name, 'keepalived');
          await untilHeard('MASTER', 2);
        } finally {
          await watch.stop();
        }
        const times = watch.eventsSoFar().map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((one, other) => one - other));
        expect(Math.abs(times.at(-1)! - lab.clock.wallClockMs())).toBeLessThan(withinMs);
      },
      4 * withinMs,
    );
  });
}
