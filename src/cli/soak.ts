import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { DrillLoad, DrillVerdict } from '../drill/drill-report.js';
import { worstOf } from '../drill/drill-result.js';
import { nameOf } from '../drill/fault.js';
import { Random } from '../drill/random.js';
import { Soak } from '../drill/soak.js';
import { soakPlan } from '../drill/soak-plan.js';
import { rowsOf, type SoakFigures, type SoakRound, verdictOf } from '../drill/soak-report.js';
import { untilHealthy } from '../lab/lab-problems.js';
import { assertHealed, theJournal, theLab } from './context.js';

const SETTLES_WITHIN_MS = 30_000;

/**
 * Random faults in a row, and a table of what they have cost.
 * @param count how many faults
 * @throws HealFailedError at the first state that does not come back
 */
export async function soak(
  count: number,
  load: DrillLoad,
  seed: number,
  signal: AbortSignal,
): Promise<DrillVerdict | 'interrupted'> {
  const { cluster, lab, probes, assertUp } = await theLab();
  await assertUp();
  await assertHealed();
  const random = new Random(seed);
  const plan = soakPlan(cluster, lab.capabilities, count, random);
  console.error(`  ${count} faults in ${plan.length} rounds, seed ${seed}`);
  const problem = await untilHealthy(cluster, lab, { deadlineMs: SETTLES_WITHIN_MS }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (problem !== undefined) {
    console.error(`ha-demo: before: ${problem}`);
    return 'unknown';
  }

  const startedMs = performance.now();
  const rounds: SoakRound[] = [];
  const onRound = (round: SoakRound) => {
    rounds.push(round);
    console.error(lineOf(round, `${rounds.length}/${plan.length}`));
  };
  const running = new Soak(cluster, lab, probes.inLan, theJournal(), { load, random, signal, onRound });
  let failure: Error | undefined;
  try {
    await running.run(plan);
  } catch (error) {
    failure = error as Error;
  } finally {
    await running.stop();
  }
  printTable(rounds);
  const isInterrupted = failure?.name === 'AbortError';
  const verdict = failure && !isInterrupted ? 'fail' : worstOf(rounds.map((round) => verdictOf(round).verdict));
  const tookMs = performance.now() - startedMs;
  const faults = rounds.reduce((sum, round) => sum + round.faults.length, 0);
  console.log(
    `\n${faults} of ${count} faults, ${rounds.length} rounds, ${(tookMs / 1000).toFixed(0)} s${rounds.length > 0 ? `, ${(tookMs / 1000 / rounds.length).toFixed(1)} s each` : ''}; ` +
      `${load.ratePerSecond} requests/s to each tier; seed ${seed}; verdict: ${isInterrupted ? 'unknown' : verdict}`,
  );
  if (isInterrupted) return 'interrupted';
  if (failure) throw failure;
  return verdict;
}

function lineOf(round: SoakRound, count: string): string {
  const { verdict, because } = verdictOf(round);
  const mark = { pass: styleText('green', '✓'), fail: styleText('red', '✗'), unknown: styleText('yellow', '?') }[
    verdict
  ];
  const what = round.faults.map(nameOf).join(' and ');
  const cost = `${round.failed} of ${round.sent} failed, steady ${seconds(round.returnMs)} s after the heal`;
  return `  ${mark} ${count.padEnd(8)} ${what.padEnd(66)} ${cost}${because === undefined ? '' : `\n      ${because}`}`;
}

function printTable(rounds: SoakRound[]): void {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ['fault', 'alone: runs', 'failed', 'slowest return s', 'with another: runs', 'failed', 'slowest return s'],
  });
  const cells = ({ runs, failed, slowestReturnMs }: SoakFigures) =>
    runs === 0 ? [0, '-', '-'] : [runs, failed, seconds(slowestReturnMs)];
  for (const { fault, alone, withAnother } of rowsOf(rounds))
    table.push([fault, ...cells(alone), ...cells(withAnother)]);
  console.log(table.toString());
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
