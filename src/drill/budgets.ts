import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { InvalidInputError } from '../common/errors.js';
import { faultNamed } from './catalogue.js';
import type { Budget, DrillRun, DrillStatistics, RunMeasurement } from './drill-report.js';

export type Budgets = Record<string, Budget>;

/** How a figure is held against its limit. */
interface Limit<Of> {
  /** What a drill has too much of. */
  what: string;
  /** The same in a table. */
  inShort: string;
  unit?: '%' | 'ms';
  figure: (of: Of) => number;
  /** What the figure is made of. */
  detail?: (of: Of) => string;
}

const failures = ({ failuresByReason }: RunMeasurement) => describe(failuresByReason);

const LIMITS_OF_A_RUN = {
  failed: { what: 'failed requests', inShort: 'failed', figure: ({ failed }) => failed, detail: failures },
  failedPercent: {
    ...{ what: '% of requests failed', inShort: 'failed', unit: '%', detail: failures },
    figure: ({ failed, sent }) => (100 * failed) / sent,
  },
  broken: {
    ...{ what: 'broken connections', inShort: 'broken' },
    figure: ({ broken, brokenDownloads }) => broken + brokenDownloads,
    detail: ({ breakagesByReason, brokenDownloads }) =>
      `${describe(breakagesByReason)}; ${brokenDownloads} of them downloads`,
  },
  unanswered: {
    ...{ what: 'unanswered requests', inShort: 'unanswered', detail: failures },
    figure: ({ failed, failuresByReason }) =>
      Object.entries(failuresByReason)
        .filter(([reason]) => reason.startsWith('status-'))
        .reduce((left, [, count]) => left - count, failed),
  },
  latencyMaxMs: {
    ...{ what: 'ms for the slowest answer', inShort: 'slowest answer', unit: 'ms' },
    figure: ({ latencyMaxMs }) => latencyMaxMs ?? 0,
  },
} satisfies Partial<Record<keyof Budget, Limit<RunMeasurement>>>;

const LIMITS_OF_ALL_RUNS = {
  outageP95Ms: {
    ...{ what: 'ms of outage (p95)', inShort: 'outage p95', unit: 'ms' },
    figure: ({ outageMs }) => outageMs.p95Ms,
  },
  latencyP99Ms: {
    ...{ what: 'ms of latency (p99, p95 over the runs)', inShort: 'latency p99', unit: 'ms' },
    figure: ({ latencyP99Ms }) => latencyP99Ms.p95Ms,
  },
  recoveryP95Ms: {
    ...{ what: 'ms until recovery (p95)', inShort: 'recovery p95', unit: 'ms' },
    figure: ({ recoveryMs }) => recoveryMs.p95Ms,
  },
} satisfies Partial<Record<keyof Budget, Limit<DrillStatistics>>>;

/** All that a budget may limit. */
export const LIMITS: Record<keyof Budget, Pick<Limit<never>, 'inShort' | 'unit'>> = {
  ...LIMITS_OF_A_RUN,
  ...LIMITS_OF_ALL_RUNS,
};
const FIELDS = Object.keys(LIMITS);

/**
 * Reads a file such as budgets.yaml: by fault, what a drill may cost.
 * @param more names of faults, beside those of the catalogue
 * @throws InvalidInputError one line: the field, its value, what is allowed
 */
export async function loadBudgets(file: string, more: string[] = []): Promise<Budgets> {
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
    try {
      if (!more.includes(fault)) faultNamed(fault);
    } catch (error) {
      refuse((error as Error).message);
    }
    if (!isMapping(budget)) return refuse(`${fault}: must be a mapping of ${FIELDS.join(', ')}`);
    for (const [field, value] of Object.entries(budget)) {
      if (!FIELDS.includes(field)) refuse(`${fault}.${field}: is not a known field; there are ${FIELDS.join(', ')}`);
      if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
        refuse(`${fault}.${field}: ${JSON.stringify(value)} must be a number of 0 or more`);
    }
  }
  return content as Budgets;
}

/** @returns lines; none when the run kept its budget */
export function overrunsOfRun(budget: Budget, { measured }: Pick<DrillRun, 'measured'>): string[] {
  return overruns(LIMITS_OF_A_RUN, budget, measured);
}

/** @returns lines; none when the runs together kept the budget */
export function overrunsOf(budget: Budget, statistics: DrillStatistics): string[] {
  return overruns(LIMITS_OF_ALL_RUNS, budget, statistics);
}

function overruns<Of>(limits: Partial<Record<keyof Budget, Limit<Of>>>, budget: Budget, of: Of): string[] {
  return Object.entries(limits).flatMap(([name, { what, figure, detail = () => '' }]) => {
    const [most, value, because] = [budget[name as keyof Budget], figure(of), detail(of)];
    if (most === undefined || value <= most) return [];
    return [`${Math.round(value * 10) / 10} ${what}${because === '' ? '' : ` (${because})`}, at most ${most}`];
  });
}

function describe(countsByReason: Record<string, number>): string {
  return Object.entries(countsByReason)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
