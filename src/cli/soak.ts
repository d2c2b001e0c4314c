import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { DrillLoad, DrillVerdict } from '../drill/drill-report.js';
import { rowsOf, type SoakFigures, type SoakRound } from '../drill/soak-report.js';
import { EventStream, type Listener } from '../session/event-stream.js';
import type { RoundEnded } from '../session/session-event.js';
import { runSoak, soakOrder } from '../session/soak-campaign.js';
import type { Context } from './context.js';
import { interruptible } from './interruption.js';
import { record } from './recording.js';

interface SoakOptions {
  /** How many faults. */
  count: number;
  load: DrillLoad;
  seed: number;
  /** The file for all events. */
  recording?: string | undefined;
}

/**
 * Random faults in a row, and a table of what they have cost.
 * @throws HealFailedError at the first state that does not come back
 */
export async function soak(
  context: Context,
  { count, load, seed, recording }: SoakOptions,
): Promise<DrillVerdict | 'interrupted'> {
  const open = await context.labThatIsUp();
  await context.assertHealed();
  const order = soakOrder(open, count, load, seed);
  console.error(`  ${count} faults in ${order.plan.length} rounds, seed ${seed}`);
  const stream = new EventStream(open.lab.clock);
  const stopRecording = recording === undefined ? undefined : await record(stream, recording);
  stream.subscribe(roundPrinter(order.plan.length));
  const startedMs = performance.now();
  const { rounds, verdict, unhealthyBefore, interruption, failure } = await interruptible((signal) =>
    runSoak(open, order, stream.publish, signal),
  );
  await stopRecording?.();
  if (unhealthyBefore !== undefined) {
    console.error(`ha-demo: before: ${unhealthyBefore}`);
    return verdict;
  }
  printTable(rounds);
  const tookMs = performance.now() - startedMs;
  const faults = rounds.reduce((sum, round) => sum + round.faults.length, 0);
  console.log(
    `\n${faults} of ${count} faults, ${rounds.length} rounds, ${(tookMs / 1000).toFixed(0)} s${rounds.length > 0 ? `, ${(tookMs / 1000 / rounds.length).toFixed(1)} s each` : ''}; ` +
      `${load.ratePerSecond} requests/s to each tier; seed ${seed}; verdict: ${verdict}`,
  );
  if (interruption) return 'interrupted';
  if (failure) throw failure;
  return verdict;
}

/** @param planned how many rounds */
function roundPrinter(planned: number): Listener {
  let ended = 0;
  return (event) => {
    if (event.event === 'round-ended') console.error(lineOf(event, `${++ended}/${planned}`));
  };
}

function lineOf(round: RoundEnded, count: string): string {
  const { verdict, because } = round;
  const mark = { pass: styleText('green', '✓'), fail: styleText('red', '✗'), unknown: styleText('yellow', '?') }[
    verdict
  ];
  const what = round.faults.join(' and ');
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
