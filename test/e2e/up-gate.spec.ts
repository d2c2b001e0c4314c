import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cluster } from '../../src/cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { haDemo } from '../support/cli.js';
import { whileProbed } from '../support/while-probed.js';
import { TestWorkspace } from '../support/workspace.js';

/*
 * Changes that validate and that a node does not survive: the first node that gets one is given its previous configuration
 * back, the others never see it, and clients notice nothing.
 */

const HAPROXY = 'config-templates/haproxy/haproxy.cfg.hbs';
const KEEPALIVED = 'config-templates/keepalived/keepalived.conf.hbs';
const SERVICE = 'config-templates/node/service.json.hbs';
/** What a busy host bears beside an `up` that starts containers. */
const LOAD = ['--rate', '50', '--timeout', '900ms'];

let workspace: TestWorkspace;
let cluster: Cluster;

beforeAll(async () => {
  workspace = await TestWorkspace.create({ name: 'ha-demo-gate', network: '192.168.89', portOffset: 800 });
  cluster = await workspace.cluster();
  expect(await haDemo(workspace, ['up'])).toMatchObject({ exitCode: 0 });
}, 120_000);

afterAll(async () => {
  await haDemo(workspace, ['down']);
  await workspace.remove();
}, 60_000);

const docker = async (...args: string[]) => (await promisify(execFile)('docker', args)).stdout.trim();
const file = (path: string) => readFile(join(workspace.files.folder, path), 'utf8');

/** `up` under load, and what clients felt. */
async function upUnderLoad(onStart?: Parameters<typeof haDemo>[2]) {
  let result: Awaited<ReturnType<typeof haDemo>> | undefined;
  const action = async () => {
    result = await haDemo(workspace, ['up'], onStart);
  };
  const { failed, failuresByReason } = await whileProbed(cluster, action, { load: LOAD });
  return { ...result!, failed, failuresByReason };
}

async function expectAsBefore(): Promise<void> {
  expect(await haDemo(workspace, ['status', '--wait'])).toMatchObject({ exitCode: 0 });
  expect(await haDemo(workspace, ['up'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('nothing to do'),
  });
}

describe('a change that is worse for the first node is taken back, and no request fails', () => {
  test.each([
    {
      what: 'an HAProxy that listens on the virtual IP alone',
      path: HAPROXY,
      edit: (text: string) =>
        text.replace('bind :{{ports.tier}}', 'bind {{tier.virtualRouter.virtualIp}}:{{ports.tier}}'),
      says: [
        /^ {2}haproxy\.cfg$/m,
        /^ {2}- bind :80$/m,
        /^ {2}\+ bind 192\.168\.89\.10:80$/m,
        /^ {2}worse: frontend-02: VRRP state is FAULT/m,
      ],
    },
    {
      what: 'an HAProxy that fails its monitor while there are fewer than three servers',
      path: HAPROXY,
      edit: (text: string) =>
        text.replace('    monitor-uri', '    monitor fail if { nbsrv({{tier.name}}) lt 3 }\n    monitor-uri'),
      says: [/^ {2}\+ monitor fail if/m, /^ {2}worse: frontend-02: VRRP state is FAULT/m],
    },
    {
      what: 'a keepalived with a script that always fails',
      path: KEEPALIVED,
      edit: (text: string) =>
        text
          .replace(
            'vrrp_instance',
            'vrrp_script never {\n    script "/usr/bin/false"\n    interval 1\n    weight 0\n}\n\nvrrp_instance',
          )
          .replace('    virtual_ipaddress', '    track_script {\n        never\n    }\n    virtual_ipaddress'),
      says: [
        /^ {2}keepalived\.conf$/m,
        /^ {2}\+ script "\/usr\/bin\/false"$/m,
        /^ {2}worse: frontend-02: VRRP state is FAULT/m,
      ],
    },
    {
      what: 'a service that listens where HAProxy does not ask',
      path: SERVICE,
      edit: (text: string) => text.replace('"port": {{ports.service}}', '"port": 3999'),
      says: [/^ {2}- "port": 3000,$/m, /^ {2}worse: frontend-02: its HAProxy does not see frontend-02 up/m],
    },
  ])(
    '$what',
    async ({ path, edit, says }) => {
      const { exitCode, stderr, failed, failuresByReason } = await workspace.whileEdited(path, edit, () =>
        upUnderLoad(),
      );
      expect({ failed, failuresByReason }).toEqual({ failed: 0, failuresByReason: {} });
      expect(exitCode).toBe(1);
      expect(stderr).toContain('frontend-02: worth less with this change; previous configuration restored');
      for (const line of says) expect(stderr).toMatch(line);
      expect(stderr).not.toMatch(/[✓✗] .*(frontend-01|backend-0)/);
      await expectAsBefore();
    },
    180_000,
  );

  test('an image whose service ends at once', async () => {
    const before = await docker('image', 'inspect', '--format', '{{.Id}}', 'ha-demo/service');
    await docker('tag', before, 'ha-demo/service:before-gate');
    const broken = promisify(execFile)('docker', ['build', '--tag', 'ha-demo/service', '-']);
    broken.child.stdin!.end('FROM ha-demo/service:before-gate\nCMD ["false"]\n');
    try {
      await broken;
      const { exitCode, stderr, failed, failuresByReason } = await upUnderLoad();
      expect({ failed, failuresByReason }).toEqual({ failed: 0, failuresByReason: {} });
      expect(exitCode).toBe(1);
      expect(stderr).toContain('frontend-02: worth less with this change; previous configuration restored');
      expect(stderr).toContain(`  - ${before}`);
      expect(stderr).toContain('  worse: frontend-02: app is down');
      await expectAsBefore();
    } finally {
      await docker('tag', before, 'ha-demo/service');
      await docker('image', 'rm', 'ha-demo/service:before-gate');
    }
  }, 180_000);

  test('and is taken back by the next `up` when the first one was killed over it', async () => {
    const journal = join(workspace.files.stateFolder, 'update-containers.json');
    const inFault = () =>
      waitUntilNothingIsMissing(
        'frontend-02 in FAULT',
        async () => {
          const state = await docker('exec', 'ha-demo-gate-frontend-02-1', 'cat', '/run/ha-demo/vrrp-state');
          return state === 'FAULT' ? [] : [state];
        },
        { deadlineMs: 60_000, intervalMs: 200 },
      );
    const edit = (text: string) =>
      text.replace('bind :{{ports.tier}}', 'bind {{tier.virtualRouter.virtualIp}}:{{ports.tier}}');
    await workspace.whileEdited(HAPROXY, edit, async () => {
      const killed = await upUnderLoad({ onStart: (child) => void inFault().then(() => child.kill('SIGKILL')) });
      expect({ exitCode: killed.exitCode, failed: killed.failed }).toEqual({ exitCode: null, failed: 0 });
      expect(JSON.parse(await readFile(journal, 'utf8'))).toMatchObject({ nodes: ['frontend-02'] });
      // The change is still there, and still no good.
      const again = await upUnderLoad();
      expect({ exitCode: again.exitCode, failed: again.failed }).toEqual({ exitCode: 1, failed: 0 });
    });
    await expectAsBefore();
  }, 240_000);
});

test('what nodes of a tier cannot differ in is changed tier by tier, and said', async () => {
  expect(await file('cluster.yaml')).toContain('virtualRouterId: 20');
  await workspace.editCluster((text) => text.replace('virtualRouterId: 20', 'virtualRouterId: 30'));
  const { exitCode, stderr } = await haDemo(workspace, ['up']);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining('✓ Tier backend as a whole (virtual_router_id 20 -> 30): its requests fail until'),
  });
  await expectAsBefore();
}, 180_000);
