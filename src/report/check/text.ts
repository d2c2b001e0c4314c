import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { ReadingProblem } from '../../configuration/source.js';
import type { CheckReport } from '../../check/check.js';
import type { CheckedCluster } from '../../check/checked-cluster.js';
import { type Finding, SEVERITIES, type Severity } from '../../check/finding.js';
import type { SaidByPrograms } from '../../check/programs/complaints.js';
import type { WhatIfRow } from '../../check/what-if/what-if.js';
import { lineOf, withoutControls as plain } from './lines.js';

const COLOURS = { error: 'red', warning: 'yellow', info: 'cyan' } as const;
const WIDEST_REASON = 60;
const PLAIN = { head: [], border: [], compact: true };

const FAILURES: Record<WhatIfRow['failure'], string> = {
  'haproxy-dies': 'HAProxy dies',
  'haproxy-hangs': 'HAProxy hangs',
  'keepalived-stops': 'keepalived stops',
  'keepalived-dies': 'keepalived dies',
  'host-dies': 'host dies',
  'link-down': 'link down',
  'host-comes-back': 'host comes back',
  'server-dies': 'server dies',
  'all-servers-die': 'all servers die',
};

/** For people: findings by file, what single failures do, what was not understood, and the sum. */
export function checkText(report: CheckReport, cluster: CheckedCluster): string {
  const { findings, whatIf, notUnderstood, suppressionProblems } = report;
  const files = Map.groupBy(findings, ({ position }) => position.file);
  const servers = whatIf.filter(({ failure }) => failure === 'server-dies');
  const routers = Map.groupBy(whatIf, ({ virtualRouter }) => virtualRouter);
  return [
    nodesText(cluster),
    ...[...files].map(
      ([file, found]) =>
        `${styleText('bold', plain(file))}\n${found.map((one) => findingText(one, cluster)).join('\n')}`,
    ),
    ...[...routers].flatMap(([label, rows]) => (label === null ? [] : [tableText(label, rows)])),
    ...(servers.length > 0 ? [serversText(servers)] : []),
    ...(notUnderstood.length > 0 ? [placesText('not understood', notUnderstood)] : []),
    ...(suppressionProblems.length > 0 ? [placesText('comment', suppressionProblems)] : []),
    ...(cluster.said ? [saidText(cluster.said)] : []),
    `${sumText(report)}\n`,
  ].join('\n\n');
}

/** What has been read, so that nobody takes a file for checked that was not. */
function nodesText({ nodes }: CheckedCluster): string {
  const lines = nodes.map(
    ({ name, keepalived, haproxy }) =>
      `  ${name}: ${[keepalived?.file, haproxy?.file].filter((file) => file !== undefined).join(', ')}`,
  );
  return plain(`${nodes.length} node${nodes.length === 1 ? '' : 's'}`) + `\n${lines.map(plain).join('\n')}`;
}

function saidText({ versions, leftOut }: SaidByPrograms): string {
  const asked = Object.entries(versions).map(([program, version]) => `${program} ${version}`);
  return [
    `asked: ${asked.join(', ')}`,
    ...leftOut.map((text) => `not judged here, since only your hosts have it: ${plain(text).slice(0, 200)}`),
  ].join('\n');
}

function findingText(finding: Finding, cluster: CheckedCluster): string {
  const { rule, severity, position, happens, instead } = finding;
  const place = `${position.line}:${position.column}`.padEnd(7);
  const indent = ' '.repeat(9);
  return [
    `  ${place}${styleText(COLOURS[severity], severity)}  ${rule}`,
    `${indent}${styleText('dim', lineOf(finding, cluster))}`,
    `${indent}${plain(happens)}`,
    `${indent}${plain(instead)}`,
    `${indent}${styleText('dim', `docs/check.md#${rule}`)}`,
  ].join('\n');
}

function serversText(rows: WhatIfRow[]): string {
  const table = new Table({
    style: PLAIN,
    head: ['server', 'gets requests for', 'because'],
    colWidths: [null, null, WIDEST_REASON],
    wordWrap: true,
  });
  for (const { on, withinMs, because } of rows)
    table.push([plain(on), withinMs ? afterText(withinMs) : styleText('yellow', 'for ever'), plain(because)]);
  return `${styleText('bold', 'A server dies')}\n${table.toString()}`;
}

function tableText(label: string, rows: WhatIfRow[]): string {
  const table = new Table({
    style: PLAIN,
    head: ['what if', 'on', 'master then', 'after', 'because'],
    colWidths: [null, null, null, null, WIDEST_REASON],
    wordWrap: true,
  });
  for (const row of rows.filter((one) => !isOfBackup(one)))
    table.push([FAILURES[row.failure], plain(row.on), masterText(row), afterText(row.withinMs), plain(row.because)]);
  const backups = new Set(rows.filter(isOfBackup).map(({ on }) => on));
  for (const on of backups) table.push(['any other failure', on, 'unchanged', '', `${on} is backup`]);
  const [first] = rows;
  const masters = first!.mastersBefore.length > 0 ? `, master ${first!.mastersBefore.join(' and ')}` : '';
  return `${styleText('bold', plain(label))}${masters}\n${table.toString()}`;
}

/** Failures of a backup change nothing: they share a row. */
function isOfBackup({ failure, outcome, on, mastersBefore }: WhatIfRow): boolean {
  return (
    outcome === 'unchanged' &&
    failure !== 'all-servers-die' &&
    failure !== 'host-comes-back' &&
    !mastersBefore.includes(on)
  );
}

function masterText({ outcome, newMaster }: WhatIfRow): string {
  if (outcome === 'nobody-moves') return styleText('red', 'nobody moves, for ever');
  if (outcome === 'nobody') return styleText('red', 'nobody');
  if (outcome === 'unknown') return styleText('yellow', 'not known');
  return outcome === 'moves' ? newMaster! : 'unchanged';
}

function afterText(withinMs: WhatIfRow['withinMs']): string {
  if (!withinMs) return '';
  const [from, to] = withinMs.map((ms) => (ms < 100 ? Math.round(ms * 10) / 10 : Math.round(ms)));
  return from === to ? `${to} ms` : `${from} to ${to} ms`;
}

function placesText(what: string, places: ReadingProblem[]): string {
  return places
    .map(({ position: { file, line }, text }) => `${what}: ${file}:${line} ${plain(text).slice(0, 200)}`)
    .join('\n');
}

function sumText({ findings, notUnderstood, suppressedCount }: CheckReport): string {
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const parts = SEVERITIES.filter((severity) => severity !== 'info' || count(severity) > 0).map((severity) => {
    const text = `${count(severity)} ${severity}${count(severity) === 1 || severity === 'info' ? '' : 's'}`;
    return count(severity) > 0 ? styleText(COLOURS[severity], text) : text;
  });
  if (suppressedCount > 0) parts.push(`${suppressedCount} ignored`);
  if (notUnderstood.length > 0) parts.push(`${notUnderstood.length} not understood`);
  return parts.join(', ');
}
