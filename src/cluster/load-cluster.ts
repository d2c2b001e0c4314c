import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { parseDocument } from 'yaml';
import { InvalidInputError } from '../common/errors.js';
import { type Cluster, clusterOf } from './cluster.js';
import { ClusterFile } from './cluster-file.js';
import { brokenRules } from './cluster-rules.js';

/**
 * Reads and validates a cluster.yaml.
 * @throws InvalidInputError with a line for each problem: file, field, value, what is allowed
 */
export async function loadCluster(path: string): Promise<Cluster> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${path}: cannot be read (${error.code})`);
  });
  return parseCluster(text, path);
}

/** @param source the name that messages begin with */
export function parseCluster(text: string, source: string): Cluster {
  const document = parseDocument(text);
  const [syntaxError] = document.errors;
  if (syntaxError) throw new InvalidInputError(`${source}: ${syntaxError.message.split('\n')[0]}`);

  const content: unknown = document.toJS();
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new InvalidInputError(`${source}: must be a mapping with name, profile, lan, ports, tiers and profiles`);
  }
  const file = plainToInstance(ClusterFile, content);
  const shapeErrors = validateSync(file, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  const problems = shapeErrors.length > 0 ? shapeErrors.flatMap((error) => describe(error)) : brokenRules(file);
  if (problems.length > 0) throw new InvalidInputError(problems.map((problem) => `${source}: ${problem}`).join('\n'));
  return clusterOf(file);
}

function describe(error: ValidationError, parent = ''): string[] {
  const index = /^\d+$/.test(error.property);
  const field = index ? `${parent}[${error.property}]` : parent ? `${parent}.${error.property}` : error.property;
  const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => {
    if (constraint === 'whitelistValidation') return `${field}: is not a known field`;
    if (error.value === undefined) return `${field}: is missing`;
    return `${field}: ${JSON.stringify(error.value)} ${message.replace(new RegExp(`^(each value in )?${error.property} `), '')}`;
  });
  return [...own.slice(0, 1), ...(error.children ?? []).flatMap((child) => describe(child, field))];
}
