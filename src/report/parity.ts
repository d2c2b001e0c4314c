import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { markdownTable } from './markdown.js';
import { count, duration, placeOf, predicted } from './words.js';

/** The same drills in both labs. */
export interface ParityReport {
  containers: DrillReport;
  hosts: DrillReport;
}

/** A drill in both labs, in words. */
export interface ParityRow {
  fault: string;
  where: string;
  containers: ParityCell;
  hosts: ParityCell;
  difference: string;
  why: string;
}

export interface ParityCell {
  predicted: string;
  /** Of the outage, median / p95; why it was not measured, where it was not. */
  outage: string;
  failed: string;
}

/** Outages that differ by less are alike: no two runs agree better. */
const ALIKE_MS = 20;

const template = Handlebars.compile(readFileSync(new URL('./parity.hbs', import.meta.url), 'utf8'), { strict: true });

export function parityRows({ containers, hosts }: ParityReport): ParityRow[] {
  return containers.drills.flatMap((one) => {
    const other = hosts.drills.find(({ fault, tier }) => fault === one.fault && tier === one.tier);
    if (!other) return [];
    return [
      {
        fault: one.fault,
        where: placeOf(one),
        containers: cellOf(one),
        hosts: cellOf(other),
        ...compared(one, other),
      },
    ];
  });
}

/** One file that needs no other. */
export function parityPage(report: ParityReport): string {
  const { containers, hosts } = report;
  const others = hostsInWords(report);
  return template({
    cluster: containers.cluster,
    others,
    rows: parityRows(report),
    labs: [factsOf(containers), factsOf(hosts)],
  });
}

export function parityMarkdown(report: ParityReport): string {
  const head = [
    ...['fault', 'where', 'predicted', 'containers (median / p95)', 'failed'],
    ...['predicted', `${hostsInWords(report)} (median / p95)`, 'failed', 'difference (p95)', 'why'],
  ];
  const rows = parityRows(report).map(({ fault, where, containers, hosts, difference, why }) => [
    ...[fault, where, containers.predicted, containers.outage, containers.failed],
    ...[hosts.predicted, hosts.outage, hosts.failed, difference, why],
  ]);
  const facts = [report.containers, report.hosts].map((drills) => `- ${factsOf(drills)}`);
  return [markdownTable(head, rows), '', ...facts, ''].join('\n');
}

function hostsInWords({ hosts }: ParityReport): string {
  return hosts.lab === 'vms' ? 'virtual machines' : 'hosts';
}

function cellOf({ prediction, statistics, skippedBecause, remarks }: DrillResult): ParityCell {
  if (!statistics) return { predicted: '-', outage: skippedBecause ?? remarks[0] ?? 'not measured', failed: '-' };
  const { outageMs, failed, sent } = statistics;
  return {
    predicted: predicted(prediction),
    outage: `${duration(outageMs.medianMs)} / ${duration(outageMs.p95Ms)}`,
    failed: `${count(failed)} of ${count(sent)}`,
  };
}

/** What the timers explain is said first: the rest is the machines'. */
function compared(one: DrillResult, other: DrillResult): { difference: string; why: string } {
  if (!one.statistics || !other.statistics) return { difference: '-', why: '-' };
  const differenceMs = other.statistics.outageMs.p95Ms - one.statistics.outageMs.p95Ms;
  const difference = `${differenceMs > 0 ? '+' : ''}${duration(differenceMs)}`;
  if (Math.abs(differenceMs) < ALIKE_MS) return { difference, why: 'alike' };
  const timersMs = (other.prediction.untilMs ?? 0) - (one.prediction.untilMs ?? 0);
  const restMs = differenceMs - timersMs;
  const timers = timersMs === 0 ? [] : [`other timers (${duration(timersMs)}): ${other.prediction.because}`];
  const machines =
    Math.abs(restMs) < ALIKE_MS
      ? []
      : [
          `the machines themselves (${duration(restMs)}): detectors and kernels of their own, processors that are slower, or faster`,
        ];
  return { difference, why: [...timers, ...machines].join('; ') };
}

function factsOf({ lab, load, machine, startedAt, drills }: DrillReport): string {
  const runs = Math.max(0, ...drills.map((drill) => drill.runs.length));
  return (
    `${lab}: ${startedAt.slice(0, 10)}, ${runs} run(s), ${load.ratePerSecond} requests/s whose clients wait ${duration(load.timeoutMs)}, ` +
    `${load.keepAliveConnections} keep-alive connections, ${machine.cpus} x ${machine.cpuModel}, Linux ${machine.kernel}`
  );
}
