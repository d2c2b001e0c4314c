import { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Cluster, tierOf } from '../../src/cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { type Lab, type NodeObservation, SERVICE_NAMES } from '../../src/lab/lab.js';
import { labProblems } from '../../src/lab/lab-problems.js';

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
    const until = (condition: string, missing: (nodes: NodeObservation[]) => string[]) =>
      waitUntilNothingIsMissing(condition, async () => missing(await running().lab.observe()), {
        deadlineMs: withinMs,
        intervalMs,
      });
    const untilHealthy = () =>
      until('healthy lab', (nodes) => labProblems(running().cluster, nodes).map(({ text }) => text));
    const untilBackendVipIsHeldBy = (holder: string) => {
      const { virtualIp } = tierOf(running().cluster, 'backend').virtualRouter;
      return until(`${virtualIp} is held by ${holder}`, (nodes) =>
        nodes.some(({ node, vipsHeld }) => node === holder && vipsHeld.includes(virtualIp)) ? [] : [virtualIp],
      );
    };

    afterEach(untilHealthy, withinMs);

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
        await until(`${service} is up`, (nodes) =>
          nodes.some((candidate) => candidate.node === node && candidate.services[service] === 'up') ? [] : [service],
        );
      },
      withinMs,
    );

    test.each(['stopNode', 'killNode'] as const)(
      '%s switches a node off, startNode on',
      async (off) => {
        const { lab, cluster } = running();
        const [first, second] = tierOf(cluster, 'backend').nodes;
        await lab[off](first!.name);
        expect(await observed(first!.name)).toMatchObject({ power: 'off', vipsHeld: [] });
        await untilBackendVipIsHeldBy(second!.name);
        await expect(lab.startService(first!.name, 'app')).rejects.toThrow(`${first!.name} is off`);
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
    });
  });
}
