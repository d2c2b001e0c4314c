import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Phase } from '../drill/break-and-mend.js';
import type { DrillReport, DrillResult, DrillVerdict } from '../drill/drill-report.js';
import { DRILL_COLUMNS } from '../report/columns.js';
import { duration, predicted } from '../report/words.js';
import type { Listener } from '../session/event-stream.js';
import type { PhaseBegun } from '../session/session-event.js';

const BAR_WIDTH = 20;
const FIRST_PHASE: Phase = 'steady state';
const COLOURS = { pass: 'green', fail: 'red', unknown: 'yellow' } as const;

/** Shows drills as they go on: on a terminal one line that changes, elsewhere a line for each drill that is done. */
export class DrillDisplay {
  private runsBegun = 0;
  /** Of all drills. */
  private runs = 0;

  readonly listen: Listener = (event) => {
    if (event.event === 'campaign-started') this.runs = event.runs;
    if (event.event === 'phase') this.phase(event);
    if (event.event === 'drill-ended') this.result(event.result);
    if (event.event === 'campaign-ended') this.end();
  };

  private phase({ phase, fault, tier, node, run, runs }: PhaseBegun): void {
    if (phase === FIRST_PHASE) this.runsBegun += 1;
    if (!process.stderr.isTTY) return;
    const done = Math.floor((BAR_WIDTH * (this.runsBegun - 1)) / this.runs);
    const bar = '█'.repeat(done).padEnd(BAR_WIDTH, '░');
    const count = runs > 1 ? `, run ${run} of ${runs}` : '';
    process.stderr.write(
      `\r\x1b[K  ${bar} ${this.runsBegun}/${this.runs}  ${fault} on ${node ?? tier}${count}: ${phase}`,
    );
  }

  private result(result: DrillResult): void {
    this.end();
    const where = result.tried?.on ?? result.node ?? result.tier;
    if (result.skippedBecause !== null || !result.statistics) {
      const reason = result.skippedBecause ?? result.remarks.join('; ');
      console.error(`  ${mark(result.verdict)} ${`${result.fault} on ${where}`.padEnd(34)} ${reason}`);
      return;
    }
    const { statistics } = result;
    const outage = statistics.outageMs.maxMs === 0 ? 'no outage' : `outage ${duration(statistics.outageMs.maxMs)}`;
    console.error(
      `  ${mark(result.verdict)} ${`${result.fault} on ${where}`.padEnd(34)} ${outage}, ${statistics.failed} of ${statistics.sent} failed`,
    );
    for (const line of result.remarks) console.error(`      ${line}`);
  }

  private end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }

  table({ drills, seed, load, verdict }: DrillReport): void {
    const table = new Table({
      style: { head: [], border: [], compact: true },
      head: [
        ...['fault', 'where', 'profile', 'predicted', 'classic'],
        ...[...DRILL_COLUMNS.map(({ head }) => head.toLowerCase()), 'verdict'],
      ],
    });
    for (const drill of drills) {
      const { fault, tier, node, profile, prediction, classicClaim, statistics, skippedBecause } = drill;
      const head = [fault, node ?? tier, profile, predicted(prediction), classicClaim];
      if (skippedBecause !== null || !statistics) {
        table.push([
          ...head,
          {
            colSpan: DRILL_COLUMNS.length + 1,
            content: skippedBecause === null ? word(drill.verdict) : `skipped: ${skippedBecause}`,
          },
        ]);
        continue;
      }
      table.push([...head, ...DRILL_COLUMNS.map(({ cell }) => cell(statistics)), word(drill.verdict)]);
    }
    console.log(table.toString());
    console.log(
      `\n${load.ratePerSecond} requests/s, ${load.keepAliveConnections} keep-alive connections, ${load.downloads} downloads; seed ${seed}; verdict: ${word(verdict)}`,
    );
  }
}

function mark(verdict: DrillVerdict | null): string {
  if (verdict === null) return '-';
  return styleText(COLOURS[verdict], { pass: '✓', fail: '✗', unknown: '?' }[verdict]);
}

function word(verdict: DrillVerdict | null): string {
  return verdict === null ? '-' : styleText(COLOURS[verdict], verdict);
}
