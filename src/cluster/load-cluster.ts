import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '../common/errors.js';
import { type Cluster, clusterOf, type Hosting } from './cluster.js';
import { ClusterFile } from './cluster-file.js';
import { brokenRules } from './cluster-rules.js';
import { isMapping, parseYaml, validated } from './read-yaml.js';

/**
 * Reads and validates a cluster.yaml.
 * @throws InvalidInputError with a line for each problem: file, field, value, what is allowed
 */
export async function loadCluster(path: string, hosting?: Hosting): Promise<Cluster> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${path}: cannot be read (${error.code})`);
  });
  return parseCluster(text, path, hosting);
}

/**
 * Validates the text of a cluster.yaml, and derives the cluster from it.
 * @param source the name that messages begin with
 * @throws InvalidInputError with a line for each problem: source, field, value, what is allowed
 */
export function parseCluster(text: string, source: string, hosting: Hosting = 'containers'): Cluster {
  const content = parseYaml(text, source);
  const refuseIf = (problems: string[]) => {
    if (problems.length > 0) throw new InvalidInputError(problems.map((problem) => `${source}: ${problem}`).join('\n'));
  };
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new InvalidInputError(`${source}: must be a mapping with name, profile, lan, ports, tiers, vms and profiles`);
  }
  const { profiles, modelOf } = withTheirModels((content as { profiles?: unknown }).profiles, refuseIf);
  const { hosts, ...others } = content as { hosts?: unknown };
  const { file, problems } = validated(ClusterFile, {
    ...others,
    ...(profiles !== undefined && { profiles }),
    // Those that somebody else manages are no nodes of this cluster: see unmanaged-hosts.ts.
    ...(hosts !== undefined && !(isMapping(hosts) && hosts['managed'] === false) && { hosts }),
  });
  refuseIf(withoutEchoes(problems, modelOf));
  // A model is edited without a thought of those that are like it, and not in use.
  const unused = [...modelOf.keys()].filter((name) => name !== file.profile);
  refuseIf(brokenRules(file).filter((problem) => !unused.some((name) => problem.startsWith(`profiles.${name}.`))));
  return clusterOf(file, hosting);
}

/**
 * Gives profiles that are `like` another one what they do not say themselves. What is no mapping is left to the validation.
 * @returns the profiles, and the model of each that has one, by name
 */
function withTheirModels(
  profiles: unknown,
  refuseIf: (problems: string[]) => void,
): { profiles: unknown; modelOf: Map<string, string> } {
  const modelOf = new Map<string, string>();
  if (!isMapping(profiles)) return { profiles, modelOf };
  const complete = Object.entries(profiles).map(([name, profile]) => {
    if (!isMapping(profile) || !('like' in profile)) return [name, profile] as const;
    const { like, ...differences } = profile;
    const others = Object.entries(profiles).flatMap(([other, its]) =>
      isMapping(its) && !('like' in its) ? [other] : [],
    );
    const model = others.find((other) => other === like);
    if (model === undefined)
      refuseIf([`profiles.${name}.like: ${JSON.stringify(like)} must be one of ${others.join(', ')}`]);
    modelOf.set(name, model!);
    return [name, merged(profiles[model!], differences)] as const;
  });
  return { profiles: Object.fromEntries(complete), modelOf };
}

/** What is wrong with a model need not be told of those that are like it. */
function withoutEchoes(problems: string[], modelOf: Map<string, string>): string[] {
  const isOf = (profile: string | undefined) => (problem: string) => problem.startsWith(`profiles.${profile}.`);
  return problems.filter((problem) => {
    const [echo] = [...modelOf].find(([name]) => isOf(name)(problem)) ?? [];
    return echo === undefined || !problems.some(isOf(modelOf.get(echo)));
  });
}

/** Mappings are merged, everything else is replaced. */
function merged<Value>(value: Value, differences: unknown): Value {
  if (!isMapping(value) || !isMapping(differences)) return (differences ?? value) as Value;
  const fields = Object.entries(differences).map(([key, difference]) => [key, merged(value[key], difference)]);
  return { ...value, ...Object.fromEntries(fields) } as Value;
}
