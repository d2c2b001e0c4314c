import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tierOf } from '../../src/cluster/cluster.js';
import { labNotes } from '../../src/lab/lab-notes.js';
import { labProblems } from '../../src/lab/lab-problems.js';
import { parseNodeReport } from '../../src/node/node-report.js';
import { haDemo } from '../support/cli.js';
import { createVeth, removeVeth } from '../support/engine-host.js';
import { RunningLab } from '../support/running-lab.js';
import { losses, NOTHING_LOST, whileProbed } from '../support/while-probed.js';
import { firstNode, onMacvlan, TestWorkspace } from '../support/workspace.js';

const docker = async (...args: string[]) => (await promisify(execFile)('docker', args)).stdout.trim();

let running: RunningLab;
const strangers: string[] = [];

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-foreign', network: '192.168.88', portOffset: 900 });
}, 120_000);

afterAll(async () => {
  if (strangers.length > 0) await docker('rm', '--force', ...strangers);
  await running?.stop();
}, 60_000);

/** A keepalived that nobody knows, with the router id of a tier and the highest priority there is. */
async function startStranger(
  virtualRouterId: number,
  virtualIp: string,
  setting = '',
): Promise<{ id: string; address: string }> {
  const configuration = `global_defs {
  vrrp_version 3
}
vrrp_instance stranger {
  state MASTER
  interface eth0
  ${setting}
  virtual_router_id ${virtualRouterId}
  priority 255
  advert_int 0.02
  virtual_ipaddress {
    ${virtualIp}/32
  }
}
`;
  const { name } = running.cluster;
  const id = await docker(
    ...['run', '--detach', '--network', `${name}_lan`, '--label', `com.docker.compose.project=${name}`],
    ...['--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', '--cap-add', 'NET_RAW', '--cap-add', 'SETGID'],
    ...['--env', `CONFIGURATION=${configuration}`, '--entrypoint', 'bash', 'ha-demo/keepalived', '-c'],
    'echo "$CONFIGURATION" >/tmp/keepalived.conf && exec keepalived --dont-fork --log-console --vrrp --use-file /tmp/keepalived.conf',
  );
  strangers.push(id);
  const address = await docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id);
  return { id, address };
}

test('a stranger with the router id of a tier and another address costs nothing, and is named', async () => {
  const tier = tierOf(running.cluster, 'backend');
  const { virtualRouterId } = tier.virtualRouter;
  const holder = firstNode(running.cluster, 'backend').name;
  const becameMaster = async () =>
    (await running.lab.observe()).find(({ node }) => node === holder)!.moves!.becameMaster;
  const before = await becameMaster();
  const summary = await running.whileProbed(async () => {
    const { id, address } = await startStranger(virtualRouterId, '192.168.88.99');
    const named = `backend: adverts for router ${virtualRouterId} from ${address}, priority 255`;
    await running.until('all of the tier name the stranger', (nodes) =>
      tier.nodes
        .map(({ name }) => name)
        .filter((name) => !nodes.some(({ node, foreignAdverts }) => node === name && foreignAdverts.length > 0)),
    );
    const observations = await running.lab.observe();
    expect(labNotes(running.cluster, observations)).toEqual([named]);
    expect(labProblems(running.cluster, observations)).toEqual([]);
    expect(observations.find(({ node }) => node === holder)?.vrrpState).toBe('MASTER');
    await docker('rm', '--force', id);
  });
  expect(losses(summary)).toEqual(NOTHING_LOST);
  expect(await becameMaster()).toBe(before);
}, 90_000);

const CLAIM = /^backend: 192\.168\.88\.20 is also claimed by [\da-f:]{17} \(ARP, \d+ times\)/;

/** Fresh connections whose clients do not wait. */
const IMPATIENT = ['--rate', '200', '--timeout', '250ms', '--keep-alive', '0'];

test.each([
  ['with a MAC of its own', ''],
  ['with the virtual MAC', 'use_vmac'],
])(
  'a stranger with the same address, %s, does not get the virtual IP',
  async (_what, setting) => {
    const { virtualRouterId, virtualIp } = tierOf(running.cluster, 'backend').virtualRouter;
    const holder = firstNode(running.cluster, 'backend').name;
    let notes: string[] = [];
    const action = async () => {
      const { id, address } = await startStranger(virtualRouterId, virtualIp, setting);
      const startedAtMs = Date.now();
      await running.until('the stranger has been heard for 5 s', (nodes) => {
        const heard = nodes
          .find(({ node }) => node === holder)!
          .foreignAdverts.find(({ source }) => source === address);
        return heard && heard.atMs > startedAtMs + 5000 ? [] : [address];
      });
      notes = labNotes(running.cluster, await running.lab.observe());
      await docker('rm', '--force', id);
    };
    const { sent, failed } = await whileProbed(running.cluster, action, { tier: 'backend', load: IMPATIENT });
    expect(sent).toBeGreaterThan(1000);
    // What it costs on a host of one's own the budget of the drill foreign-router says.
    expect(failed / sent).toBeLessThan(0.25);
    // With the virtual MAC there is nothing to tell his claims from the holder's.
    if (setting === '') expect(notes).toContainEqual(expect.stringMatching(CLAIM));
    expect(labProblems(running.cluster, await running.lab.observe())).toEqual([]);
  },
  90_000,
);

test('a node whose kernel cannot refuse the adverts of strangers says so', async () => {
  const { name } = running.cluster;
  const report = await docker(
    ...['run', '--rm', '--cap-drop', 'ALL', '--network', 'none', '--volume', `${name}_config:/etc/ha-demo:ro`],
    ...['--tmpfs', '/run/ha-demo', '--tmpfs', '/tmp', '--env', 'HA_DEMO_NODE=backend-01', '--entrypoint', 'bash'],
    ...['ha-demo/keepalived', '-c', '/usr/lib/ha-demo/advert-filter >&2; /usr/lib/ha-demo/observe'],
  );
  expect(parseNodeReport(report).advertFilter).toBe('unavailable');
  expect((await running.lab.observe()).map(({ advertFilter }) => advertFilter)).toEqual(Array(4).fill('active'));
}, 30_000);

const NIC = 'ha-demo-ear';

/** An advert of VRRP version 3, priority 100, with 192.168.88.77 as its source, ten times a second for 20 s. */
const SPEAKER = `
  my ( $interface, $router_id ) = @ARGV;
  open my $file, '<', "/sys/class/net/$interface/ifindex" or die $!;
  chomp( my $index = <$file> );
  socket my $frames, 17, 3, 0 or die $!;
  my $vrrp = pack 'C C C C n n C4', 0x31, $router_id, 100, 1, 100, 0, 192, 168, 88, 77;
  my $ip = pack 'C C n n n C C n C4 C4', 0x45, 0, 20 + length $vrrp, 0, 0, 255, 112, 0, 192, 168, 88, 77, 224, 0, 0, 18;
  my $frame = pack( 'H12 H12 n', '01005e000012', '024200000077', 0x0800 ) . $ip . $vrrp;
  for ( 1 .. 200 ) {
    send $frames, $frame, 0, pack 'S n l S C C a8', 17, 0x0800, $index, 1, 0, 6, '' or die $!;
    select undef, undef, undef, 0.1;
  }`;

describe('before the first start on a LAN that others share', () => {
  let workspace: TestWorkspace;

  beforeAll(async () => {
    await createVeth(NIC);
    const lab = { name: 'ha-demo-ear', network: '192.168.88', portOffset: 920 };
    workspace = await TestWorkspace.create(lab, onMacvlan(NIC));
  }, 30_000);

  afterAll(async () => {
    await workspace?.remove();
    await removeVeth(NIC);
  }, 30_000);

  async function whileSpeaking<Result>(virtualRouterId: number, action: () => Promise<Result>): Promise<Result> {
    const id = await docker(
      ...['run', '--detach', '--network', 'host', '--cap-drop', 'ALL', '--cap-add', 'NET_RAW', '--entrypoint', 'perl'],
      ...['ha-demo/keepalived', '-e', SPEAKER, `${NIC}-sw`, String(virtualRouterId)],
    );
    try {
      return await action();
    } finally {
      await docker('rm', '--force', id);
    }
  }

  test('`up` and `doctor` refuse the router id of somebody else', async () => {
    const taken =
      'cluster.yaml: tiers.backend.virtualRouterId: 20 is in use on the LAN by 192.168.88.77 (priority 100); choose another one';
    await whileSpeaking(20, async () => {
      const [up, doctor] = await Promise.all([haDemo(workspace, ['up']), haDemo(workspace, ['doctor'])]);
      expect(up).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`ha-demo: ${taken}\n`) });
      expect(doctor).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(taken) });
    });
    const created = ['--quiet', '--filter', 'label=com.docker.compose.project=ha-demo-ear'];
    expect([await docker('ps', '--all', ...created), await docker('network', 'ls', ...created)]).toEqual(['', '']);
  }, 60_000);

  test('`doctor` names other router ids', async () => {
    const { exitCode, stdout } = await whileSpeaking(51, () => haDemo(workspace, ['doctor']));
    expect(stdout).toContain(`in use on ${NIC}: 51 by 192.168.88.77`);
    expect(exitCode).toBe(0);
  }, 60_000);
});
