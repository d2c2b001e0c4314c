import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { projectFolder } from '../support/workspace.js';

/* What docker/engine/prepare.sh says where it may install nothing; a copy, so that nothing prepared before helps it. */

const TOOLS = ['bash', 'dirname', 'uname', 'id'];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-missing-'));
  for (const part of ['docker/engine', 'docker/lib']) {
    await cp(join(projectFolder, part), join(folder, part), { recursive: true });
  }
  await mkdir(join(folder, 'bin'));
  for (const tool of TOOLS) {
    const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    if (path !== '') await symlink(path, join(folder, 'bin', tool));
  }
});

afterEach(() => rm(folder, { recursive: true }));

/** @param dockerScript the body of a `docker` that is all there is of Docker; none by default */
async function prepareWith(env: NodeJS.ProcessEnv, dockerScript?: string) {
  if (dockerScript !== undefined) {
    const docker = join(folder, 'bin', 'docker');
    await writeFile(docker, `#!${join(folder, 'bin', 'bash')}\n${dockerScript}\n`);
    await chmod(docker, 0o755);
  }
  const { status, stderr } = spawnSync(join(folder, 'bin', 'bash'), [join(folder, 'docker/engine/prepare.sh')], {
    encoding: 'utf8',
    env: { HOME: folder, HA_DEMO_INSTALL_ENGINE: 'never', ...env },
    timeout: 20_000,
  });
  return { exitCode: status, stderr };
}

describe('the engine is prepared', () => {
  test('not where there is none, and none may be installed', async () => {
    expect(await prepareWith({ PATH: join(folder, 'bin') })).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/^ha-demo: no Docker engine here: /),
    });
  });

  test('not where DOCKER_HOST names one that does not answer', async () => {
    const DOCKER_HOST = `unix://${folder}/docker.sock`;
    expect(await prepareWith({ PATH: process.env['PATH'], DOCKER_HOST })).toEqual({
      exitCode: 2,
      stderr: `ha-demo: no Docker engine answers at DOCKER_HOST=${DOCKER_HOST}\n`,
    });
  });

  test('not where it is too old', async () => {
    expect(await prepareWith({ PATH: join(folder, 'bin') }, 'echo 19.03.15')).toEqual({
      exitCode: 2,
      stderr: 'ha-demo: Docker engine 19.03.15 is too old: 20.10 or newer is needed\n',
    });
  });

  test.each(['compose', 'buildx'])('not where `docker %s` is missing', async (plugin) => {
    const realDocker = spawnSync('sh', ['-c', 'command -v docker'], { encoding: 'utf8' }).stdout.trim();
    const withoutPlugin = `[ "$1" != ${plugin} ] || { echo "docker: '$1' is not a docker command." >&2; exit 1; }
exec ${realDocker} "$@"`;
    const PATH = [join(folder, 'bin'), process.env['PATH']].join(delimiter);
    expect(await prepareWith({ PATH }, withoutPlugin)).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/^ha-demo: Docker Compose 2\.20 or newer and buildx are needed:\n/),
    });
  });
});
