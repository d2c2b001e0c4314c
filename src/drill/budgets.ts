import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { InvalidInputError } from '../common/errors.js';
import { CATALOGUE } from './catalogue.js';
import type { Budget, DrillRun, DrillStatistics } from './drill-report.js';

export type Budgets = Record<string, Budget>;

const FIELDS = [
  'failed',
  'broken',
  'unanswered',
  'failedPercent',
  'latencyMaxMs',
  'outageP95Ms',
  'latencyP99Ms',
  'recoveryP95Ms',
] as const;

/**
 * Reads a file such as budgets.yaml: by fault, what a drill may cost.
 * @throws InvalidInputError one line: the field, its value, what is allowed
 */
export async function loadBudgets(file: string): Promise<Budgets> {
  const refuse = (problem: string): never => {
    throw new InvalidInputError(`${file}: ${problem}`);
  };
  let content: unknown;
  try {
    content = parse(await readFile(file, 'utf8'));
  } catch (error) {
    return refuse(`cannot be read as YAML (${(error as Error).message.split('\n')[0]})`);
  }
  if (!isMapping(content)) return refuse('must be a mapping of faults');
  for (const [fault, budget] of Object.entries(content)) {
    if (!CATALOGUE.some(({ name }) => name === fault))
      refuse(`${fault}: is not a fault; there are ${CATALOGUE.map(({ name }) => name).join(', ')}`);
    if (!isMapping(budget)) return refuse(`${fault}: must be a mapping of ${FIELDS.join(', ')}`);
    for (const [field, value] of Object.entries(budget)) {
      if (!FIELDS.some((known) => known === field))
        refuse(`${fault}.${field}: is not a known field; there are ${FIELDS.join(', ')}`);
      if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
        refuse(`${fault}.${field}: ${JSON.stringify(value)} must be a number of 0 or more`);
    }
  }
  return content as Budgets;
}

/** @returns lines; none when the run kept its budget */
export function overrunsOfRun(budget: Budget, { measured }: Pick<DrillRun, 'measured'>): string[] {
  const { sent, failed, failuresByReason, broken, brokenDownloads, breakagesByReason } = measured;
  const answered = Object.entries(failuresByReason).filter(([reason]) => reason.startsWith('status-'));
  const unanswered = failed - answered.reduce((sum, [, count]) => sum + count, 0);
  const breakages = `${describe(breakagesByReason)}; ${brokenDownloads} of them downloads`;
  return [
    ...over('failed requests', failed, budget.failed, describe(failuresByReason)),
    ...over('% of requests failed', (100 * failed) / sent, budget.failedPercent, describe(failuresByReason)),
    ...over('broken connections', broken + brokenDownloads, budget.broken, breakages),
    ...over('unanswered requests', unanswered, budget.unanswered, describe(failuresByReason)),
    ...over('ms for the slowest answer', measured.latencyMaxMs ?? 0, budget.latencyMaxMs),
  ];
}

/** @returns lines; none when the runs together kept the budget */
export function overrunsOf(budget: Budget, statistics: DrillStatistics): string[] {
  return [
    ...over('ms of outage (p95)', statistics.outageMs.p95Ms, budget.outageP95Ms),
    ...over('ms of latency (p99, p95 over the runs)', statistics.latencyP99Ms.p95Ms, budget.latencyP99Ms),
    ...over('ms until recovery (p95)', statistics.recoveryMs.p95Ms, budget.recoveryP95Ms),
  ];
}

function over(what: string, value: number, limit: number | undefined, detail = ''): string[] {
  if (limit === undefined || value <= limit) return [];
  return [`${Math.round(value * 10) / 10} ${what}${detail === '' ? '' : ` (${detail})`}, at most ${limit}`];
}

function describe(countsByReason: Record<string, number>): string {
  return Object.entries(countsByReason)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
