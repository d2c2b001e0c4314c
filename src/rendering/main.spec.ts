import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { editedClusterYaml } from '../cluster/testing/edited-cluster.js';
import { Program } from '../common/testing/program.js';

const PROJECT = new URL('../..', import.meta.url).pathname;
const MAIN = new URL('./main.ts', import.meta.url).pathname;

let folder: string;
let program: Program;

beforeAll(async () => {
  program = await Program.of(MAIN);
  folder = await mkdtemp(join(tmpdir(), 'rendering-main-'));
  await writeFile(join(folder, 'edited.yaml'), editedClusterYaml({ 'ports.tier': 81 }));
  await writeFile(join(folder, 'broken.yaml'), editedClusterYaml({ 'ports.tier': 0 }));
});

afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true });
});

/** Runs the `config` container's command in the project's folder. */
function main(...flags: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const options = { cwd: PROJECT, env: { PATH: process.env['PATH'] } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program.file, ...flags], options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('the rendering of the `config` container, as a process', () => {
  it('renders into the given folder when the topology is up to date', async () => {
    const out = join(folder, 'out');
    expect(await main('--topology=compose/topology.yaml', `--out=${out}`)).toEqual({
      exitCode: 0,
      stdout: 'Rendered 21 files for ha-demo (profile tuned)\n',
      stderr: '',
    });
    expect(await readFile(join(out, 'nodes/backend-02/service.json'), 'utf8')).toContain('"node": "backend-02"');
  });

  it('refuses a topology that does not match cluster.yaml any more, and renders nothing', async () => {
    const out = join(folder, 'nothing');
    const edited = `--cluster=${join(folder, 'edited.yaml')}`;
    const { exitCode, stderr } = await main(edited, '--topology=compose/topology.yaml', `--out=${out}`);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/^compose\/topology\.yaml does not match cluster\.yaml any more\./),
    });
    await expect(readFile(join(out, 'gateway/haproxy.cfg'))).rejects.toThrow('ENOENT');
  });

  it('prints the topology for a host without Node', async () => {
    const committed = await readFile(join(PROJECT, 'compose/topology.yaml'), 'utf8');
    expect(await main('--print-topology')).toEqual({ exitCode: 0, stdout: committed, stderr: '' });
  });

  it('says what is wrong with cluster.yaml in a line', async () => {
    const path = join(folder, 'broken.yaml');
    expect(await main(`--cluster=${path}`, `--out=${folder}`)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `${path}: ports.tier: 0 must be a whole number from 1 to 65535\n`,
    });
  });
});
