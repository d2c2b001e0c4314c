import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { NoConnectionError } from '../remote.js';
import { vagrantMachines } from './vagrant-machines.js';
import { Ssh } from './ssh.js';

/* The tests on virtual machines run the real `ssh`. Here a script writes down how it is called, and fails as `ssh` does. */

const machine = { provider: 'libvirt', id: 'the-id', host: '127.0.0.1', port: 22, user: 'vagrant', keys: [] };
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'host keys %h ')));
  const script = `#!/bin/sh\nprintf '%s\\n' "$(pwd)" "$@" >called\ncat complaint >&2\nexit 255\n`;
  await writeFile(join(folder, 'frontend-01.json'), JSON.stringify(machine));
  await writeFile(join(folder, 'ssh'), script);
  await chmod(join(folder, 'ssh'), 0o755);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function failure(complaint: string): Promise<Error> {
  await writeFile(join(folder, 'complaint'), complaint);
  const environment = { PATH: `${folder}:${process.env.PATH}` };
  const { ssh } = await vagrantMachines(folder, environment)('frontend-01');
  return new Ssh('frontend-01', ssh).run('true').then(
    () => new Error('has not failed'),
    (error: Error) => error,
  );
}

it('keeps the host keys in a file of the project, each under the id of its machine', async () => {
  await failure('');
  const [cwd, ...options] = (await readFile(join(folder, 'called'), 'utf8')).split('\n');
  expect(cwd).toBe(folder);
  expect(options).toEqual(
    expect.arrayContaining([
      'HostKeyAlias=the-id',
      'StrictHostKeyChecking=accept-new',
      'UserKnownHostsFile=../known_hosts',
    ]),
  );
});

it('does not take a machine with another host key for one that cannot be reached', async () => {
  const error = await failure('@@@@\nHost key verification failed.\n');
  expect(error).not.toBeInstanceOf(NoConnectionError);
  expect(error.message).toBe(
    'frontend-01: what answers at 127.0.0.1:22 has another host key than the machine had. ' +
      `If you have changed it: ssh-keygen -R the-id -f '${join(folder, '../known_hosts')}'`,
  );
});

it('says when a machine cannot be reached', async () => {
  const error = await failure('ssh: connect to host 127.0.0.1 port 22: Connection refused\n');
  expect(error).toBeInstanceOf(NoConnectionError);
});
