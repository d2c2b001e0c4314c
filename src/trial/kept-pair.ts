import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.js';
import { TRIAL_FILES } from '../lab/compose/trial/trial-lab.js';

/** A pair that runs on after its trial, as other commands find it again. */
export interface KeptPair {
  /** Its first tier is the first virtual router that is drilled. */
  cluster: Cluster;
  /** Virtual IP -> who is to have it; null: any node, since the one that begins does not take it back. */
  masters: Record<string, string[] | null>;
  /** Node -> its interface on the LAN. */
  interfaces: Record<string, string>;
  settlesWithinMs: number;
  /** What clients of the first virtual router ask: flags of the probe. */
  asking: string[];
}

/** The folders of trials in a state folder, by the name of the pair. */
export function folderOfTrial(stateFolder: string, name: string): string {
  return join(stateFolder, 'try', projectOfTrial(name));
}

/** Of Compose. */
export function projectOfTrial(name: string): string {
  return `ha-demo-try-${name}`;
}

export async function keepPair(folder: string, pair: KeptPair): Promise<void> {
  await writeFile(join(folder, TRIAL_FILES.kept), JSON.stringify(pair));
}

/** @returns undefined where none has been kept */
export async function readKeptPair(folder: string): Promise<KeptPair | undefined> {
  const text = await readFile(join(folder, TRIAL_FILES.kept), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as KeptPair);
}
