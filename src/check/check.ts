import { RULES } from './catalogue.js';
import { type CheckedCluster, notUnderstoodIn } from './checked-cluster.js';
import type { Finding } from './finding.js';
import type { ReadingProblem } from '../configuration/source.js';
import { suppressed } from './suppressions.js';
import { whatIf, type WhatIfRow } from './what-if/what-if.js';

/** All that is to be said about the configurations of a cluster. */
export interface CheckReport {
  /** By file and line. */
  findings: Finding[];
  whatIf: WhatIfRow[];
  /** Parts that no rule looks at. */
  notUnderstood: ReadingProblem[];
  /** Comments `ha-demo: ignore` that nothing was found for, or that do not say why. */
  suppressionProblems: ReadingProblem[];
  /** How many findings such comments took away. */
  suppressedCount: number;
}

/** Looks at all nodes together: every rule, and what single failures do. */
export function check(cluster: CheckedCluster): CheckReport {
  const found = RULES.flatMap(({ id, severity, find }) =>
    find(cluster).map((one): Finding => ({ rule: id, severity, ...one })),
  );
  const each = [...new Map(found.map((one) => [keyOf(one), one])).values()];
  const { findings, problems } = suppressed(each, cluster);
  return {
    findings: findings.toSorted(byPlace),
    whatIf: whatIf(cluster),
    notUnderstood: notUnderstoodIn(cluster),
    suppressionProblems: problems,
    suppressedCount: each.length - findings.length,
  };
}

function keyOf({ rule, position: { file, line }, happens }: Finding): string {
  return `${rule} ${file}:${line} ${happens}`;
}

function byPlace({ position: one }: Finding, { position: other }: Finding): number {
  return one.file < other.file ? -1 : one.file > other.file ? 1 : one.line - other.line || one.column - other.column;
}
