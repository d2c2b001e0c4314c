/**
 * Something the user wrote is not usable: a file, a flag, an argument. The message has a line for each problem, with the field,
 * the value and what is allowed. The process ends with exit code 2, and nothing is started or lost.
 */
export class InvalidInputError extends Error {
  readonly exitCode = 2;
}
