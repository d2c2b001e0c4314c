import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cluster } from '../../src/cluster/cluster.js';
import { type CliResult, haDemo } from '../support/cli.js';
import { losses, NOTHING_LOST, whileProbed } from '../support/while-probed.js';
import { onMacvlan, TestWorkspace } from '../support/workspace.js';

/* The commands as a user types them, on a lab that `up` makes and `down` removes. Each test that needs it finds it up, and leaves it so. */

let workspace: TestWorkspace;
let cluster: Cluster;

beforeAll(async () => {
  workspace = await TestWorkspace.create({ name: 'ha-demo-e2e', network: '192.168.97', portOffset: 200 });
  cluster = await workspace.cluster();
});

afterAll(async () => {
  await haDemo(workspace, ['down']);
  await workspace.remove();
}, 60_000);

const cli = (...args: string[]) => haDemo(workspace, args);

async function status() {
  const { stdout } = await cli('status', '--json');
  return JSON.parse(stdout) as {
    healthy: boolean;
    problems: string[];
    nodes: { node: string; vipsHeld: string[]; services: Record<string, string>; configuration: { state: string } }[];
    moves: { tier: string; untold: string[] }[];
  };
}

async function isUp(): Promise<void> {
  expect(await cli('up')).toMatchObject({ exitCode: 0 });
}

async function isDown(): Promise<void> {
  expect(await cli('down')).toMatchObject({ exitCode: 0 });
}

describe('up without a lab', () => {
  beforeAll(isDown, 60_000);

  test('starts the lab, shows its steps and says where to look', async () => {
    const { exitCode, stdout, stderr } = await cli('up');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(/✓ Start the nodes +\d+\.\d s\n.*✓ Wait until every tier is healthy/),
    });
    expect(stdout).toContain('http://192.168.97.10/');
    expect(stdout).toContain('http://localhost:8210/');
    expect(await status()).toMatchObject({ healthy: true, problems: [] });
  }, 120_000);
});

describe('up', () => {
  beforeAll(isUp, 120_000);

  test('a second time does nothing and says so', async () => {
    const before = execFileSync('docker', [
      'ps',
      '-q',
      '--no-trunc',
      '--filter',
      'label=com.docker.compose.project=ha-demo-e2e',
    ]).toString();
    const { exitCode, stdout, stderr } = await cli('up');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('✓ Check') });
    expect(stdout).toContain('ha-demo-e2e is up already, and up to date: nothing to do.');
    expect(
      execFileSync('docker', [
        'ps',
        '-q',
        '--no-trunc',
        '--filter',
        'label=com.docker.compose.project=ha-demo-e2e',
      ]).toString(),
    ).toBe(before);
  }, 60_000);

  test('changes timers and a template node by node without losing a request', async () => {
    await workspace.editCluster((text) =>
      text
        .replace('advertisementIntervalMs: 20', 'advertisementIntervalMs: 30')
        .replace('checkIntervalMs: 200', 'checkIntervalMs: 300')
        .replace('drainMs: 600', 'drainMs: 700'),
    );
    await workspace.editFile('config-templates/haproxy/haproxy.cfg.hbs', (text) =>
      text.replace('maxconn 4000', 'maxconn 3000'),
    );
    const summary = await whileProbed(cluster, async () => {
      const { exitCode, stderr } = await cli('up');
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: expect.stringContaining('✓ Reload haproxy on frontend-01'),
      });
      expect(stderr.indexOf('keepalived on frontend-02')).toBeLessThan(stderr.indexOf('keepalived on frontend-01'));
    });
    expect(losses(summary)).toEqual(NOTHING_LOST);
    const live = execFileSync('docker', [
      'exec',
      'ha-demo-e2e-backend-01-1',
      'cat',
      '/run/ha-demo/haproxy.cfg',
      '/run/ha-demo/keepalived.conf',
    ]).toString();
    expect(live).toContain('maxconn 3000');
    expect(live).toContain('advert_int 0.03');
    expect((await cli('up')).stdout).toContain('nothing to do');
  }, 180_000);

  test.each([
    [
      'cluster.yaml',
      'advertisementIntervalMs: 30',
      'advertisementIntervalMs: 35',
      /cluster\.yaml: profiles\.tuned\.vrrp\.advertisementIntervalMs: 35 must be a multiple of 10/,
    ],
    [
      'cluster.yaml',
      'address: 192.168.97.12',
      'address: 10.0.0.12',
      /cluster\.yaml: tiers\.frontend\.nodes\[1\]\.address: 10\.0\.0\.12 must lie in/,
    ],
    ['config-templates/haproxy/haproxy.cfg.hbs', '{{node.name}}', '{{node.nmae}}', /haproxy\.cfg\.hbs: .*nmae/],
  ])(
    'refuses bad input in %s with one line, and nothing changes',
    async (file, from, to, message) => {
      const { exitCode, stderr } = await workspace.whileEdited(
        file,
        (text) => text.replace(from, to),
        () => cli('up'),
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(message) });
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect((await cli('up')).stdout).toContain('nothing to do');
    },
    60_000,
  );

  test('refuses a configuration that HAProxy itself does not take, and nothing changes', async () => {
    const { exitCode, stderr } = await workspace.whileEdited(
      'config-templates/haproxy/haproxy.cfg.hbs',
      (text) => text.replace('balance roundrobin', 'balance roundrobbin'),
      () => cli('up'),
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(
        /\nha-demo: haproxy refuses what cluster\.yaml and the templates make: .*\/haproxy\.cfg:\d+\] : .*balance only supports.*\n$/,
      ),
    });
    expect(
      execFileSync('docker', ['exec', 'ha-demo-e2e-frontend-01-1', 'cat', '/run/ha-demo/haproxy.cfg']).toString(),
    ).toContain('balance roundrobin\n');
    expect((await cli('up')).stdout).toContain('nothing to do');
  }, 60_000);

  test('refuses a LAN that cannot be, and the lab goes on', async () => {
    const { exitCode, stderr } = await workspace.whileEdited('cluster.yaml', onMacvlan('eth77'), () => cli('up'));
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('lan.parent: eth77 is not an interface of this host'),
    });
    expect(await status()).toMatchObject({ healthy: true });
    expect((await cli('up')).stdout).toContain('nothing to do');
  }, 60_000);

  test('adds a node and removes it again', async () => {
    const third = '      - { name: frontend-03, address: 192.168.97.13 }\n';
    const second = '      - { name: frontend-02, address: 192.168.97.12 }\n';
    const summary = await whileProbed(cluster, async () => {
      await workspace.editCluster((text) => text.replace(second, second + third));
      expect((await cli('up')).stderr).toContain('✓ Start frontend-03');
      expect((await status()).nodes.map(({ node }) => node)).toContain('frontend-03');
      await workspace.editCluster((text) => text.replace(third, ''));
      expect((await cli('up')).stderr).toContain('✓ Remove frontend-03');
    });
    // While the tier's nodes do not yet agree on how many they are, a connection that moves may be reset.
    expect(summary.failed + summary.keepAlive.failed).toBeLessThan(10);
    expect(await status()).toMatchObject({ healthy: true });
  }, 240_000);
});

describe('looking and breaking', () => {
  beforeAll(isUp, 120_000);

  test('status warns of what is down, and its exit code says so', async () => {
    expect((await cli('kill', 'app', 'backend-02')).exitCode).toBe(0);
    const { exitCode, stdout } = await cli('status');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('! backend-02: app is down');
    expect((await cli('start', 'app', 'backend-02')).exitCode).toBe(0);
    expect((await cli('status')).stdout).toContain('Healthy');
  }, 60_000);

  test('status says that cluster.yaml has changed since, which is not healthy, and what to do', async () => {
    const slower = (text: string) => text.replace('closeTimeoutMs: 4000', 'closeTimeoutMs: 4100');
    const [seen, { nodes, moves }] = await workspace.whileEdited('cluster.yaml', slower, async () => [
      await cli('status'),
      await status(),
    ]);
    expect(seen.exitCode).toBe(1);
    expect(seen.stdout).toContain('! backend-01: cluster.yaml or the templates have changed since: ./ha-demo up');
    expect(nodes.map(({ configuration: { state } }) => state)).toEqual(nodes.map(() => 'older'));
    expect(moves.map(({ tier, untold }) => ({ tier, untold }))).toEqual([
      { tier: 'frontend', untold: [] },
      { tier: 'backend', untold: [] },
    ]);
    expect((await status()).problems).toEqual([]);
  }, 60_000);

  test('restart of a service', async () => {
    expect(await cli('restart', 'app', 'backend-01')).toMatchObject({ exitCode: 0 });
  }, 60_000);

  test('watch prints a line for each answer', async () => {
    const { exitCode, stdout } = await cli('watch', '--interval', '50ms', '--count', '4');
    expect(exitCode).toBe(0);
    expect(stdout.match(/^\d\d:\d\d:\d\d\.\d{3} +\d+\.\d ms {2}frontend-0[12] -> backend-0[12]$/gm)).toHaveLength(4);
    expect(stdout).toContain('4 requests, 0 failed');
  });

  test('logs shows VRRP transitions', async () => {
    const { stdout } = await cli('logs', 'frontend-01', 'keepalived', '--tail', '1000');
    expect(stdout).toMatch(
      /^{"time":".*Z","level":"info","node":"frontend-01","virtualRouter":"frontend","state":"MASTER","priority":254}$/m,
    );
  });

  test('a reader that has seen enough ends a command quietly', async () => {
    const { exitCode, stderr } = await haDemo(workspace, ['watch', '--interval', '50ms'], {
      onStart: (child) => child.stdout.once('data', () => child.stdout.destroy()),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  }, 30_000);

  test('logs -f goes on until it is interrupted', async () => {
    const { exitCode, stdout } = await haDemo(workspace, ['logs', 'frontend-01', 'app', '-f'], {
      onStart: (child) => child.stdout.once('data', () => child.kill('SIGINT')),
    });
    expect(exitCode).toBe(0);
    expect(stdout).not.toBe('');
  }, 30_000);

  test('render writes every configuration', async () => {
    const out = join(workspace.files.folder, 'out');
    const { exitCode, stdout } = await cli('render', '--out', out);
    expect(exitCode).toBe(0);
    for (const file of ['nodes/frontend-01/haproxy.cfg', 'nodes/backend-02/keepalived.conf', 'compose/topology.yaml']) {
      expect(stdout).toContain(file);
      expect(existsSync(join(out, file))).toBe(true);
    }
    expect(readFileSync(join(out, 'compose/topology.yaml'), 'utf8')).toBe(
      readFileSync(workspace.files.topologyFile, 'utf8'),
    );
  });

  test('doctor finds nothing to mend', async () => {
    const { exitCode, stdout } = await cli('doctor');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('Nothing is missing') });
  });

  test('probe counts what a client feels', async () => {
    const { exitCode, stdout } = await cli(
      'probe',
      '--rate',
      '20',
      '--duration',
      '1s',
      '--timeout',
      '900ms',
      '--keep-alive',
      '2',
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/requests +20 sent, 0 failed, 0 unsent/);
    expect(stdout).toContain('new masters       none: no virtual IP moved');
  }, 30_000);

  test('probe names who took a virtual IP meanwhile', async () => {
    const restarted = Promise.withResolvers<CliResult>();
    const { stdout } = await haDemo(workspace, ['probe', '--rate', '20', '--duration', '1m', '--timeout', '900ms'], {
      onStart: (child) =>
        child.stdout.once('data', () => {
          const restart = cli('restart', 'keepalived', 'backend-01');
          restarted.resolve(restart.finally(() => child.kill('SIGINT')));
        }),
    });
    expect((await restarted.promise).exitCode).toBe(0);
    // A host that stands still for longer than the master down interval moves the virtual IP, too.
    expect(stdout).toMatch(/new masters +(.*, )?backend-02 at \d+\.\d{3} s, (.*, )?backend-01 at \d+\.\d{3} s/);
  }, 60_000);

  test.each([
    [
      ['kill', 'haproxy', 'frontend-09'],
      'node: frontend-09 is not in cluster.yaml; there are frontend-01, frontend-02, backend-01, backend-02',
    ],
    [['stop', 'nginx', 'frontend-01'], 'service: nginx must be one of app, haproxy, keepalived, node'],
    [['probe', '--duration', '0'], '--duration: "0" must be a duration from 1ms to 1h'],
    [['probe', '--rate', '-5'], '--rate: "-5" must be a whole number from 1 to 5000'],
    [['render', '--out', '/dev/null'], '--out: /dev/null must be a folder that can be written to'],
    [
      ['watch', '--interval', 'soon'],
      "option '--interval <duration>' argument 'soon' is invalid. must be a duration from 10ms to 60s",
    ],
    [['frobnicate'], "unknown command 'frobnicate'"],
  ])('bad usage %j ends with 2 and says what is allowed', async (args, message) => {
    const { exitCode, stderr } = await cli(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
  });
});

describe('a topology that does not match cluster.yaml', () => {
  beforeAll(isUp, 120_000);

  test('is refused by the config container, with exit code 2', async () => {
    await workspace.editFile('compose/topology.yaml', (text) => text.replace('192.168.97.12', '192.168.97.14'));
    const compose = [
      'compose',
      '-p',
      'ha-demo-e2e',
      '--project-directory',
      workspace.files.folder,
      '-f',
      workspace.files.topologyFile,
    ];
    let failure: { status?: number; stderr?: Buffer } = {};
    try {
      execFileSync('docker', [...compose, 'run', '--rm', '--no-deps', '-T', 'config'], { stdio: 'pipe' });
    } catch (error) {
      failure = error as typeof failure;
    }
    await workspace.editFile('compose/topology.yaml', (text) => text.replace('192.168.97.14', '192.168.97.12'));
    expect(failure.status).toBe(2);
    expect(failure.stderr?.toString()).toContain('compose/topology.yaml does not match cluster.yaml any more');
  }, 30_000);
});

describe('down', () => {
  beforeAll(isUp, 120_000);

  test('removes every container, network, volume and interface, and nothing else', async () => {
    execFileSync('docker', ['volume', 'create', 'ha-demo-e2e-bystander']);
    try {
      const { exitCode, stdout } = await cli('down');
      expect({ exitCode, stdout }).toEqual({
        exitCode: 0,
        stdout: expect.stringMatching(/^Removed \d+ containers, 1 network, 5 volumes\.\n$/),
      });
      for (const kind of [
        ['ps', '-aq'],
        ['network', 'ls', '-q'],
        ['volume', 'ls', '-q'],
      ]) {
        expect(
          execFileSync('docker', [...kind, '--filter', 'label=com.docker.compose.project=ha-demo-e2e']).toString(),
        ).toBe('');
      }
      expect(
        Object.values(networkInterfaces())
          .flat()
          .filter((address) => address?.address.startsWith('192.168.97.')),
      ).toEqual([]);
      expect(execFileSync('docker', ['volume', 'ls', '-q', '--filter', 'name=ha-demo-e2e-bystander']).toString()).toBe(
        'ha-demo-e2e-bystander\n',
      );
    } finally {
      execFileSync('docker', ['volume', 'rm', 'ha-demo-e2e-bystander']);
    }
  }, 60_000);
});

describe('without a lab', () => {
  beforeAll(isDown, 60_000);

  test('commands say that there is nothing', async () => {
    expect((await cli('down')).stdout).toBe('ha-demo-e2e is not up: nothing to remove.\n');
    expect((await cli('status')).stdout).toBe('ha-demo-e2e is not up: ./ha-demo up\n');
    for (const args of [
      ['start', 'haproxy', 'frontend-01'],
      ['kill', 'node', 'frontend-01'],
      ['logs', 'frontend-01'],
      ['probe'],
    ]) {
      expect(await cli(...args)).toMatchObject({
        exitCode: 1,
        stderr: 'ha-demo: ha-demo-e2e is not up: ./ha-demo up\n',
      });
    }
  }, 60_000);
});
