import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tierOf } from '../../src/cluster/cluster.js';
import { labProblems } from '../../src/lab/lab-problems.js';
import { RunningLab } from '../support/running-lab.js';
import { losses, NOTHING_LOST } from '../support/while-probed.js';
import { firstNode } from '../support/workspace.js';

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
async function startStranger(virtualRouterId: number): Promise<{ id: string; address: string }> {
  const configuration = `global_defs {
  vrrp_version 3
}
vrrp_instance stranger {
  state MASTER
  interface eth0
  virtual_router_id ${virtualRouterId}
  priority 255
  advert_int 0.02
  virtual_ipaddress {
    192.168.88.99/32
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

test('a stranger with the router id of a tier does not get its virtual IP, and is named', async () => {
  const tier = tierOf(running.cluster, 'backend');
  const { virtualRouterId } = tier.virtualRouter;
  const holder = firstNode(running.cluster, 'backend').name;
  const becameMaster = async () =>
    (await running.lab.observe()).find(({ node }) => node === holder)!.moves!.becameMaster;
  const before = await becameMaster();
  const summary = await running.whileProbed(async () => {
    const { id, address } = await startStranger(virtualRouterId);
    const named = `backend: adverts for router ${virtualRouterId} from ${address}, priority 255`;
    await running.until('all of the tier name the stranger', (nodes) =>
      tier.nodes
        .map(({ name }) => name)
        .filter((name) => !nodes.some(({ node, foreignAdverts }) => node === name && foreignAdverts.length > 0)),
    );
    const observations = await running.lab.observe();
    expect(labProblems(running.cluster, observations).map(({ text }) => text)).toEqual([named]);
    expect(observations.find(({ node }) => node === holder)?.vrrpState).toBe('MASTER');
    await docker('rm', '--force', id);
    // What it has been is forgotten after 10 s.
    await running.untilHealthy();
  });
  expect(losses(summary)).toEqual(NOTHING_LOST);
  expect(await becameMaster()).toBe(before);
}, 90_000);
