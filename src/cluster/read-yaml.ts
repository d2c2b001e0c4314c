import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { parseDocument } from 'yaml';
import { InvalidInputError } from '../common/errors.js';

const KNOWN_FIELDS_ONLY = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };

/** @returns the object, and what is wrong with it: a line for each field, its value and what is allowed */
export function validated<File extends object>(
  of: new () => File,
  content: object,
): { file: File; problems: string[] } {
  const file = plainToInstance(of, content);
  return { file, problems: validateSync(file, KNOWN_FIELDS_ONLY).flatMap((error) => describe(error)) };
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param source the name that messages begin with @throws InvalidInputError */
export function parseYaml(text: string, source: string): unknown {
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
