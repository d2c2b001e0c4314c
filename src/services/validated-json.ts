import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { type ClassConstructor, plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { InvalidInputError } from '../common/errors.js';

/**
 * Reads a JSON file as an object of a class whose decorators say what is allowed.
 * @param fields of such an object, for a person
 * @throws InvalidInputError with one line: file, and for each problem the field, its value, what is allowed
 */
export function loadValidated<T extends object>(
  path: string,
  fields: string,
  classOf: (content: object) => ClassConstructor<T>,
): T {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InvalidInputError(`${path}: cannot be read as JSON (${(error as Error).message})`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new InvalidInputError(`${path}: must be an object with ${fields}`);
  }
  const loaded = plainToInstance<T, object>(classOf(content), content);
  const errors = validateSync(loaded, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) {
    throw new InvalidInputError(`${path}: ${errors.flatMap((error) => problemsOf(error)).join('; ')}`);
  }
  return loaded;
}

function problemsOf({ property, value, constraints = {}, children = [] }: ValidationError, parent = ''): string[] {
  const field = parent + property;
  const own = Object.entries(constraints)
    .slice(0, 1)
    .map(([constraint, message]) => {
      if (constraint === 'whitelistValidation') return `${field}: is not a known field`;
      if (value === undefined) return `${field}: is missing`;
      return `${field}: ${JSON.stringify(value)} ${message.replace(`${property} `, '')}`;
    });
  return [...own, ...children.flatMap((child) => problemsOf(child, `${field}.`))];
}
