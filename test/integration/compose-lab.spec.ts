import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodesOf, tierOf } from '../../src/cluster/cluster.js';
import { TIER_NAMES, type TierName } from '../../src/cluster/cluster-file.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { labProblems } from '../../src/lab/lab-problems.js';
import { movesOfTier } from '../../src/lab/moves.js';
import { SERVICE_NAMES } from '../../src/node/contract.js';
import { describeLabContract } from '../contract/lab-contract.js';
import { RunningLab } from '../support/running-lab.js';
import { losses, NOTHING_LOST } from '../support/while-probed.js';
import { firstNode, nodeNames, secondNode } from '../support/workspace.js';

const DEFAULT_NODES = ['frontend-01', 'frontend-02', 'backend-01', 'backend-02'];

let running: RunningLab;

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-it', network: '192.168.98', portOffset: 100 });
}, 120_000);

afterAll(() => running?.stop(), 60_000);

describe('what a client gets', () => {
  test('answers alternate over both frontends and both backends', async () => {
    const servers = TIER_NAMES.flatMap((tier) => tierOf(running.cluster, tier).nodes.map(({ name }) => name));
    const alternation = async () => {
      const answers: { frontend: string; backend: string }[] = [];
      for (let request = 0; request < 6; request += 1) {
        const { body } = await running.get(running.urlOf('frontend'));
        answers.push(JSON.parse(body) as { frontend: string; backend: string });
      }
      const seen = new Set(answers.flatMap(({ frontend, backend }) => [frontend, backend]));
      const repeated = answers.filter(({ frontend }, index) => frontend === answers[index - 1]?.frontend);
      return [
        ...servers.filter((name) => !seen.has(name)).map((name) => `no answer of ${name}`),
        ...repeated.map(({ frontend }) => `${frontend} answered twice in a row`),
      ];
    };
    // A server that has just come up is given less to do at first.
    await waitUntilNothingIsMissing('alternating answers', alternation, { deadlineMs: 20_000 });
  }, 40_000);

  test('the answer is the documented JSON, to the letter', async () => {
    const { body, headers } = await running.get(running.urlOf('frontend'));
    expect(body).toMatch(/^{\n {2}"backend": "backend-0[12]",\n {2}"frontend": "frontend-0[12]"\n}\n$/);
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  test('the backend answers at its own virtual IP', async () => {
    const { body } = await running.get(running.urlOf('backend'));
    expect(JSON.parse(body)).toEqual({ backend: expect.stringMatching(/^backend-0[12]$/) });
  });

  test('the page names who answered without any script', async () => {
    const { status, headers, body } = await running.get(running.urlOf('frontend', '/'));
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(body.replaceAll(/<script[\s\S]*?<\/script>/g, '')).toMatch(
      /frontend-0[12][\s\S]*backend-0[12]|backend-0[12][\s\S]*frontend-0[12]/,
    );
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\/(?!192\.168\.)/);
  });

  test.each([
    ['an unknown path', '/nowhere', 'GET', 404],
    ['another method', '/frontend', 'POST', 405],
  ])('%s is refused with JSON', async (_what, path, method, expected) => {
    const { status, body } = await running.get(running.urlOf('frontend', path), { method });
    expect(status).toBe(expected);
    expect(JSON.parse(body)).toHaveProperty('error');
  });

  test.each(TIER_NAMES)("HAProxy's statistics of the %s: a page, read-only, and metrics", async (tier) => {
    const page = await running.get(running.statisticsUrlOf(tier));
    expect(page.body).toContain('Statistics Report for HAProxy');
    expect(page.body).not.toContain('name="action"');
    const metrics = await running.get(running.statisticsUrlOf(tier, '/metrics'));
    for (const { name } of tierOf(running.cluster, tier).nodes) {
      expect(metrics.body).toContain(`haproxy_server_status{proxy="${tier}",server="${name}",state="UP"} 1`);
    }
  });

  test('the gateway leads from the loopback to both tiers and both statistics pages', async () => {
    for (const tier of running.cluster.tiers) {
      const answer = await fetch(`http://127.0.0.1:${tier.published.tier}/${tier.name}`);
      expect(await answer.json()).toHaveProperty(tier.name);
      const page = await fetch(`http://127.0.0.1:${tier.published.statistics}/`);
      expect(await page.text()).toContain('Statistics Report for HAProxy');
    }
  });

  test('a request id travels through both tiers and every log', async () => {
    const id = `trace-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const { headers } = await running.get(running.urlOf('frontend'), { headers: { 'X-Request-Id': id } });
    expect(headers['x-request-id']).toBe(id);
    const linesWithId = async (tier: TierName, service: string) => {
      const nodes = tierOf(running.cluster, tier).nodes;
      const logs = await Promise.all(nodes.map(({ name }) => running.logsOf(`${name}-${service}`)));
      return logs
        .join('')
        .split('\n')
        .filter((line) => line.includes(id));
    };
    for (const tier of TIER_NAMES) {
      for (const service of ['app', 'haproxy']) {
        let lines: string[] = [];
        // The services write their logs a few times a second.
        await waitUntilNothingIsMissing(
          `a line with the id in the log of ${service} of the ${tier} tier`,
          async () => {
            lines = await linesWithId(tier, service);
            return lines.length > 0 ? [] : [id];
          },
          { deadlineMs: 5_000 },
        );
        expect({ tier, service, lines: lines.length }).toEqual({ tier, service, lines: 1 });
        expect(JSON.parse(lines[0]!)).toMatchObject({ requestId: id });
      }
    }
  }, 40_000);

  test('the host names of both virtual IPs resolve on every node', async () => {
    for (const node of nodeNames(running.cluster)) {
      for (const tier of running.cluster.tiers) {
        const line = await running.inContainer(node, ['getent', 'ahostsv4', tier.virtualHostName]);
        expect(line.trim().split(/\s+/)).toEqual(
          expect.arrayContaining([tier.virtualRouter.virtualIp, tier.virtualHostName]),
        );
      }
    }
  });
});

describe('how the containers are run', () => {
  test('without capabilities they do not need, without new privileges, on read-only file systems', async () => {
    for (const node of nodeNames(running.cluster)) {
      for (const [suffix, capabilities] of [
        ['', null],
        ['-app', null],
        ['-haproxy', null],
        ['-keepalived', ['NET_ADMIN', 'NET_RAW', 'SETGID', 'SYS_NICE']],
      ] as const) {
        const { HostConfig, Config } = await running.container(`${node}${suffix}`).inspect();
        expect(HostConfig).toMatchObject({
          CapDrop: ['ALL'],
          CapAdd: capabilities,
          ReadonlyRootfs: true,
          SecurityOpt: ['no-new-privileges'],
        });
        if (suffix !== '-keepalived') expect(Config.User).not.toMatch(/^(|0|root)(:|$)/);
      }
    }
  });

  test('second chance is active on every node', async () => {
    expect((await running.lab.observe()).map(({ secondChance }) => secondChance)).toEqual(
      nodeNames(running.cluster).map(() => 'active'),
    );
  });

  test('a node that cannot serve hands new connections to its peer, and takes them again', async () => {
    const node = firstNode(running.cluster, 'backend').name;
    const rules = () =>
      running.inContainer(`${node}-keepalived`, [
        'sh',
        '-c',
        '"$(cat /run/ha-demo/second-chance-iptables)" -t mangle -S second-chance',
      ]);
    const taken =
      '-A second-chance -i vrrp.20 -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m socket --nowildcard -j ACCEPT';
    expect(await rules()).toContain(taken);
    await running.lab.stopService(node, 'haproxy');
    const rulesInFault = await rules();
    await running.lab.startService(node, 'haproxy');
    await running.untilHealthy();
    expect(rulesInFault).not.toContain(taken);
    expect(await rules()).toContain(taken);
  }, 60_000);

  test.each([
    ['second chance', 'the rules', '"$iptables" -t mangle -F', 'the rules, the jump to them'],
    ['second chance', 'the address', 'ip address delete "$VIRTUAL_IP/32" dev lo', 'the address on lo'],
    ['advert filter', 'the rules', '"$(</tmp/advert-filter-iptables)" -t raw -F', 'the rules, the jump to them'],
    ['advert filter', 'the jump', '"$(</tmp/advert-filter-iptables)" -t raw -F PREROUTING', 'the jump to them'],
  ])('%s is back when somebody takes %s away, and says so', async (name, _what, take, missing) => {
    const key = name === 'second chance' ? 'secondChanceRestored' : 'advertFilterRestored';
    const node = secondNode(running.cluster, 'backend').name;
    const inKeepalived = (script: string) =>
      running.inContainer(`${node}-keepalived`, [
        'bash',
        '-c',
        `iptables=$(</run/ha-demo/second-chance-iptables); . /etc/ha-demo/nodes/${node}/node.env; export XTABLES_LOCKFILE=/tmp/xtables.lock; ${script}`,
      ]);
    const inPlace =
      '"$iptables" -t mangle -S; "$iptables" -t raw -S; ip -oneline address show dev lo | grep -o "inet [0-9./]*"';
    const before = await inKeepalived(inPlace);
    const askedAtMs = Date.now();
    await inKeepalived(take);
    const takenAtMs = Date.now();
    await running.until(`${name} restored`, (nodes) =>
      nodes.some((one) => one.node === node && (one[key]?.atMs ?? 0) >= askedAtMs) ? [] : [node],
    );
    expect(await inKeepalived(inPlace)).toBe(before);
    const restored = (await running.lab.observe()).find((one) => one.node === node)![key]!;
    expect(restored.missing).toBe(missing);
    // A busy host takes longer than a second; lose-rules has a budget.
    expect(restored.atMs - takenAtMs).toBeLessThan(10_000);
    expect(await running.logsOf(`${node}-keepalived`)).toContain(`${name} was restored: missing was ${missing}`);
  });

  test('a node that has just started takes the virtual IP from a peer once its own service is up', async () => {
    const [first, second] = [firstNode(running.cluster, 'backend').name, secondNode(running.cluster, 'backend').name];
    await running.lab.stopService(first, 'app');
    try {
      await running.lab.stopService(first, 'keepalived');
      await running.lab.startService(first, 'keepalived');
      // With nobody to take it from it does not wait.
      await running.lab.stopService(second, 'keepalived');
      await running.untilHeldBy('backend', first);
      await running.lab.startService(second, 'keepalived');
      await running.untilHeldBy('backend', second);
    } finally {
      await running.lab.startService(first, 'keepalived');
      await running.lab.startService(second, 'keepalived');
      await running.lab.startService(first, 'app');
    }
    await running.untilHeldBy('backend', first);
    await running.untilHealthy();
  }, 90_000);

  test('HAProxy and the service each end well on SIGTERM', async () => {
    const node = secondNode(running.cluster, 'backend').name;
    for (const service of SERVICE_NAMES) {
      await running.lab.stopService(node, service);
      const { State } = await running.container(`${node}-${service}`).inspect();
      expect({ service, exitCode: State.ExitCode }).toEqual({ service, exitCode: 0 });
      await running.lab.startService(node, service);
    }
    await running.untilHealthy();
  }, 60_000);
});

describeLabContract('A Compose lab', () => running);

describe('planned operations lose nothing', () => {
  describe.each(DEFAULT_NODES)('on %s', (node) => {
    test.each(['node', ...SERVICE_NAMES] as const)(
      'stop and start of %s',
      async (what) => {
        const { lab, cluster } = running;
        const tier = nodesOf(cluster).find(({ name }) => name === node)!.tier;
        const [first, second] = [firstNode(cluster, tier).name, secondNode(cluster, tier).name];
        const summary = await running.whileProbed(async () => {
          await (what === 'node' ? lab.stopNode(node) : lab.stopService(node, what));
          await running.untilHeldBy(tier, node === first && what !== 'app' ? second : first);
          await (what === 'node' ? lab.startNode(node) : lab.startService(node, what));
          await running.untilHealthy();
          await running.untilHeldBy(tier, first);
        });
        expect(losses(summary)).toEqual(NOTHING_LOST);
      },
      120_000,
    );
  });

  test('reload of HAProxy, which moves no virtual IP', async () => {
    const { name } = firstNode(running.cluster, 'frontend');
    const faults = async () => (await running.logsOf(`${name}-keepalived`)).match(/"state":"FAULT"/g)?.length ?? 0;
    const before = await faults();
    const summary = await running.whileProbed(() => running.lab.reloadHaproxy(name));
    expect(losses(summary)).toEqual(NOTHING_LOST);
    expect(await running.holders('frontend')).toEqual([name]);
    expect(await faults()).toBe(before);
  }, 60_000);
});

describe('crashes', () => {
  test('the keep-alive connections of a node without power end within a second', async () => {
    const [first, second] = [firstNode(running.cluster, 'frontend').name, secondNode(running.cluster, 'frontend').name];
    const { breakages } = await running.whileProbed(async () => {
      await running.lab.killNode(first);
      await running.untilHeldBy('frontend', second);
      await running.lab.startNode(first);
      await running.untilHealthy();
    });
    expect(breakages.length).toBeGreaterThan(0);
    expect(breakages.filter(({ waitedMs }) => waitedMs !== null && waitedMs > 1000)).toEqual([]);
  }, 60_000);

  test.each(TIER_NAMES)(
    'a killed service of the %s tier fails no request',
    async (tier) => {
      const node = firstNode(running.cluster, tier).name;
      const summary = await running.whileProbed(async () => {
        await running.lab.killService(node, 'app');
        await running.until('HAProxy has noticed', (nodes) =>
          nodes.some(({ servers }) => servers.some(({ name, status }) => name === node && status === 'DOWN'))
            ? []
            : ['still up'],
        );
        await running.lab.startService(node, 'app');
        await running.untilHealthy();
      });
      expect(losses(summary)).toEqual(NOTHING_LOST);
    },
    60_000,
  );

  test('a killed HAProxy loses its virtual IP at once; only what it had in hand is lost', async () => {
    const summary = await running.whileProbed(() => running.killHaproxyAndStartIt('frontend'));
    // At 50 requests per second, a second without a virtual IP would fail 50.
    expect(summary.failed).toBeLessThan(10);
  }, 60_000);

  test('a suspended node can be killed', async () => {
    const node = secondNode(running.cluster, 'backend').name;
    await running.lab.suspendNode(node);
    await running.lab.killNode(node);
    expect((await running.lab.observe()).find((observation) => observation.node === node)?.power).toBe('off');
    await running.lab.startNode(node);
    await running.untilHealthy();
  }, 60_000);

  test('status can tell by which detector a node is in FAULT, and since when', async () => {
    const node = secondNode(running.cluster, 'backend').name;
    const killedAtMs = Date.now();
    await running.lab.killService(node, 'haproxy');
    try {
      await running.until('haproxy-gone', (nodes) => {
        const { vrrpState, detectors } = nodes.find((one) => one.node === node)!;
        const gone = detectors.find(({ name }) => name === 'haproxy-gone');
        return vrrpState === 'FAULT' && gone && gone.sinceMs >= killedAtMs
          ? []
          : [vrrpState, JSON.stringify(detectors)];
      });
      expect(labProblems(running.cluster, await running.lab.observe()).map(({ text }) => text)).toContainEqual(
        expect.stringMatching(`^${node}: VRRP state is FAULT since .*Z: haproxy-gone`),
      );
    } finally {
      await running.lab.startService(node, 'haproxy');
    }
    await running.untilHealthy();
    expect((await running.lab.observe()).flatMap(({ detectors }) => detectors)).toEqual([]);
  }, 60_000);

  test('moves are remembered, with their reasons, when everything is well again', async () => {
    const tier = tierOf(running.cluster, 'backend');
    const [first, second] = [firstNode(running.cluster, 'backend').name, secondNode(running.cluster, 'backend').name];
    const before = movesOfTier(tier, await running.lab.observe());
    await running.lab.killService(first, 'haproxy');
    await running.untilHeldBy('backend', second);
    await running.lab.startService(first, 'haproxy');
    await running.untilHealthy();
    await running.lab.killService(first, 'keepalived');
    await running.until('silence noticed', (nodes) =>
      nodes.some(({ node, vrrpState }) => node === second && vrrpState === 'MASTER') ? [] : [second],
    );
    await running.lab.startService(first, 'keepalived');
    await running.untilHealthy();
    const { count, last, untold } = movesOfTier(tier, await running.lab.observe());
    expect({ moves: count - before.count, untold }).toEqual({ moves: 4, untold: [] });
    expect(last).toMatchObject([
      { from: second, to: first, reason: 'preemption' },
      { from: first, to: second, reason: 'peer silent' },
      { from: second, to: first, reason: 'preemption' },
    ]);
  }, 90_000);

  test('an HAProxy that hangs loses its virtual IP', async () => {
    const [first, second] = [firstNode(running.cluster, 'backend').name, secondNode(running.cluster, 'backend').name];
    await running.container(`${first}-haproxy`).pause();
    try {
      await running.untilHeldBy('backend', second);
    } finally {
      await running.container(`${first}-haproxy`).unpause();
    }
    await running.untilHealthy();
    await running.untilHeldBy('backend', first);
  }, 60_000);

  test('without any backend the frontend answers 503, promptly, as JSON and as a page', async () => {
    const backends = tierOf(running.cluster, 'backend').nodes.map(({ name }) => name);
    await Promise.all(backends.map((node) => running.lab.killService(node, 'app')));
    try {
      const { status, body } = await running.get(running.urlOf('frontend'));
      expect(status).toBe(503);
      expect(JSON.parse(body)).toMatchObject({
        backend: null,
        error: expect.any(String),
        frontend: expect.stringMatching(/^frontend-0[12]$/),
      });
      const page = await running.get(running.urlOf('frontend', '/'));
      expect(page.headers['content-type']).toMatch(/^text\/html/);
    } finally {
      await Promise.all(backends.map((node) => running.lab.startService(node, 'app')));
    }
    await running.untilHealthy();
  }, 60_000);

  test('while a peer is off second chance is suspended, so that clients of the dead node hear of it', async () => {
    const [first, second] = [firstNode(running.cluster, 'frontend').name, secondNode(running.cluster, 'frontend').name];
    const secondChanceOf = (state: string) =>
      running.until(`second chance ${state} on ${first}`, (nodes) =>
        nodes
          .filter(({ node, secondChance }) => node === first && secondChance !== state)
          .map(({ secondChance }) => secondChance),
      );
    await running.lab.killNode(second);
    await secondChanceOf('suspended');
    await running.lab.startNode(second);
    await secondChanceOf('active');
    await running.untilHealthy();
  }, 60_000);
});

describe("nodes under Compose's own commands", () => {
  const compose = async (...args: string[]) => {
    const { ComposeProject } = await import('../../src/lab/compose/compose-project.js');
    await new ComposeProject(running.engine, running.cluster.name, running.workspace.files).compose('test', args);
  };

  test.each([
    ['stop and up', async (node: string) => compose('stop', node)],
    ['kill and up', async (node: string) => compose('kill', node)],
    ['stop, start and up', async (node: string) => compose('stop', node).then(() => compose('start', node))],
    ['restart and up', async (node: string) => compose('restart', node)],
  ])(
    '%s: the owner of a node comes back whole',
    async (_how, action) => {
      const node = firstNode(running.cluster, 'frontend').name;
      await action(node);
      await compose('up', '--detach');
      await running.untilHealthy();
    },
    90_000,
  );
});

describe('configuration', () => {
  const haproxyCfg = (name: TierName) => `nodes/${firstNode(running.cluster, name).name}/haproxy.cfg`;

  const configurationOf = async (name: string) =>
    (await running.lab.observe({ configuration: true })).find(({ node }) => node === name)!.configuration;

  test('HAProxy takes nothing over that does not validate', async () => {
    const node = firstNode(running.cluster, 'backend').name;
    const before = await running.inContainer(node, ['cat', '/run/ha-demo/haproxy.cfg']);
    // The configuration's volume is read-only for the node: another container breaks it.
    const breakIt = [
      'sh',
      '-c',
      `cp /etc/ha-demo/${haproxyCfg('backend')} /etc/ha-demo/kept && echo nonsense >> /etc/ha-demo/${haproxyCfg('backend')}`,
    ];
    const mendIt = ['sh', '-c', `mv /etc/ha-demo/kept /etc/ha-demo/${haproxyCfg('backend')}`];
    const inVolume = async (command: string[]) => {
      const [{ StatusCode }] = (await running.engine.run('ha-demo/service', command, process.stderr, {
        HostConfig: { Binds: [`${running.cluster.name}_config:/etc/ha-demo`], AutoRemove: true },
      })) as [{ StatusCode: number }];
      expect(StatusCode).toBe(0);
    };
    await inVolume(breakIt);
    try {
      expect(await configurationOf(node)).toMatchObject({ stale: ['haproxy'], refused: [] });
      await expect(running.lab.reloadHaproxy(node)).rejects.toThrow('unknown keyword');
      const refused = [{ file: 'haproxy.cfg', reason: expect.stringContaining('unknown keyword') }];
      expect(await configurationOf(node)).toMatchObject({ refused });
      expect(await running.inContainer(node, ['cat', '/run/ha-demo/haproxy.cfg'])).toBe(before);
      // A restart goes on with what was valid, also when it comes in the middle of a reload.
      const interrupted = 'cd /run/ha-demo && cp haproxy.cfg haproxy.cfg.previous && echo nonsense >>haproxy.cfg';
      await running.inContainer(`${node}-haproxy`, ['sh', '-c', interrupted]);
      await running.lab.stopService(node, 'haproxy');
      await running.lab.startService(node, 'haproxy');
      await running.untilHealthy();
      expect(await configurationOf(node)).toMatchObject({ refused });
    } finally {
      await inVolume(mendIt);
    }
    expect(await configurationOf(node)).toMatchObject({ stale: [], refused: [] });
  }, 60_000);
});
