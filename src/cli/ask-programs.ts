import type { CheckedCluster, CheckedNode } from '../check/checked-cluster.js';
import { type Program, type ProgramOutput, saidIn, type SaidByPrograms } from '../check/programs/complaints.js';
import { MAIN_FILES, programFilesOf } from '../check/programs/program-files.js';
import type { Engine } from '../lab/compose/docker-engine.js';
import { testWithProgram } from '../lab/compose/program-test.js';

/**
 * Has the real HAProxy and keepalived test the files of every node; of a file that nodes share HAProxy is asked once.
 * @throws InvalidInputError when there are no images
 */
export async function askPrograms(engine: Engine, cluster: CheckedCluster): Promise<SaidByPrograms> {
  const outputs: ProgramOutput[] = [];
  const asked = new Set<string>();
  for (const node of cluster.nodes) {
    if (node.haproxy && !asked.has(node.haproxy.file)) outputs.push(await ask(engine, 'HAProxy', node, cluster));
    if (node.haproxy) asked.add(node.haproxy.file);
    if (node.keepalived) outputs.push(await ask(engine, 'keepalived', node, cluster));
  }
  return saidIn(outputs);
}

async function ask(
  engine: Engine,
  program: Program,
  node: CheckedNode,
  cluster: CheckedCluster,
): Promise<ProgramOutput> {
  const { texts, names, interfaces, users } = programFilesOf(node, cluster);
  const main = MAIN_FILES[program];
  const { version, output } = await testWithProgram(engine, {
    program: program === 'HAProxy' ? 'haproxy' : 'keepalived',
    hostName: node.name.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 63),
    ...{ files: texts, main, interfaces, users },
  });
  const named = [...(node.keepalived?.model.instances ?? []), ...(node.haproxy?.tree.sections ?? [])];
  return {
    ...{ program, version, output, main, names },
    placeOf: (name) => named.find((one) => one.name === name)?.position,
    textOf: (file) => cluster.texts.get(file),
  };
}
