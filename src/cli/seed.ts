import { randomInt } from 'node:crypto';
import { wholeNumber } from '../probe/probe-arguments.js';

const SEEDS = 2 ** 32;

/** @param text of `--seed`; a new seed each time without it @throws InvalidInputError */
export function seedOf(text: string | undefined): number {
  return text === undefined ? randomInt(SEEDS) : wholeNumber('--seed', text, 0, SEEDS - 1);
}
