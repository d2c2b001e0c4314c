import { readFile } from 'node:fs/promises';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { parseDocument } from 'yaml';
import { InvalidInputError } from '../common/errors.js';
import { type Cluster, clusterOf, type Hosting } from './cluster.js';
import { ClusterFile } from './cluster-file.js';
import { brokenRules } from './cluster-rules.js';

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
  const file = plainToInstance(ClusterFile, { ...content, ...(profiles !== undefined && { profiles }) });
  const problems = validateSync(file, KNOWN_FIELDS_ONLY).flatMap((error) => describe(error));
  refuseIf(withoutEchoes(problems, modelOf));
  // A model is edited without a thought of those that are like it, and not in use.
  const unused = [...modelOf.keys()].filter((name) => name !== file.profile);
  refuseIf(brokenRules(file).filter((problem) => !unused.some((name) => problem.startsWith(`profiles.${name}.`))));
  return clusterOf(file, hosting);
}

const KNOWN_FIELDS_ONLY = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };

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

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseYaml(text: string, source: string): unknown {
  const document = parseDocument(text, { stringKeys: true });
  const [syntaxError] = document.errors;
  if (syntaxError?.code === 'MULTIPLE_DOCS') throw new InvalidInputError(`${source}: must be one YAML document`);
  if (syntaxError) throw new InvalidInputError(`${source}: ${syntaxError.message.split('\n')[0]?.replace(/:$/, '')}`);
  try {
    return document.toJS({ reviver: refuseInheritedNames });
  } catch (error) {
    if (error instanceof InvalidInputError) throw new InvalidInputError(`${source}: ${error.message}`);
    // An alias without anchor, aliases that multiply, or one that contains itself and so has no end.
    const reason = error instanceof RangeError ? 'an alias contains itself' : (error as Error).message;
    throw new InvalidInputError(`${source}: ${reason}`);
  }
}

/** class-transformer drops names that every object has, such as `constructor`, where others are refused as unknown. */
function refuseInheritedNames(key: unknown, value: unknown): unknown {
  if (typeof key === 'string' && key in Object.prototype) throw new InvalidInputError(`${key}: is not a known field`);
  return value;
}

function describe(error: ValidationError, parent = ''): string[] {
  const name = /^\w+$/.test(error.property) ? error.property : JSON.stringify(error.property);
  const index = /^\d+$/.test(name);
  const field = index ? `${parent}[${name}]` : parent ? `${parent}.${name}` : name;
  const [own] = Object.entries(error.constraints ?? {});
  if (!own) return (error.children ?? []).flatMap((child) => describe(child, field));
  const [constraint, message] = own;
  if (constraint === 'whitelistValidation') return [`${field}: is not a known field`];
  if (error.value === undefined) return [`${field}: is missing`];
  return [`${field}: ${inShort(error.value)} ${message}`];
}

const LONGEST_VALUE = 60;

function inShort(value: unknown): string {
  // JSON has no word for .inf and .nan.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}
