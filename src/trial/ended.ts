import { Writable } from 'node:stream';
import { InvalidInputError } from '../common/errors.js';
import type { Lab, NodeObservation } from '../lab/lab.js';
import type { ServiceName } from '../node/contract.js';
import type { World } from './world.js';

const LINES = 20;

/**
 * A program that has ended with the files of the user does not come back.
 * @throws InvalidInputError with what it said, and the user's names of the files in it
 */
export async function assertAllRun({ nodes }: World, lab: Lab, observations: NodeObservation[]): Promise<void> {
  for (const { node, services } of observations) {
    const service = (['haproxy', 'keepalived'] as const).find((one) => services[one] === 'down');
    if (service === undefined) continue;
    let said = await complaintOf(lab, node, service);
    for (const [path, name] of nodes.find(({ name: own }) => own === node)?.names ?? [])
      said = said.replaceAll(path, name);
    throw new InvalidInputError(`${node}: ${service} has ended: ${said}`);
  }
}

/** The first line that names a place; otherwise the last one. */
async function complaintOf(lab: Lab, node: string, service: ServiceName): Promise<string> {
  let log = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString();
      done();
    },
  });
  await lab.writeLogs(node, service, output, { follow: false, tail: LINES, signal: new AbortController().signal });
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /\.(?:cfg|conf)[:\s]/.test(line)) ?? lines.at(-1) ?? 'it says nothing').trim();
}
