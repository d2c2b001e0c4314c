import type { ReadingProblem } from '../../configuration/source.js';
import type { CheckReport } from '../../check/check.js';
import type { CheckedCluster } from '../../check/checked-cluster.js';
import { SEVERITIES } from '../../check/finding.js';
import { lineOf } from './lines.js';

/** Changes with every change that a reader of the JSON could stumble over. */
const SCHEMA_VERSION = 1;

/** The report as one object: docs/check.md says what is in it. */
export function checkJson(
  { findings, whatIf, notUnderstood, suppressionProblems, suppressedCount }: CheckReport,
  cluster: CheckedCluster,
): string {
  const place = ({ position: { file, line, column }, text }: ReadingProblem) => ({ file, line, column, text });
  const report = {
    schemaVersion: SCHEMA_VERSION,
    nodes: cluster.nodes.map(({ name, keepalived, haproxy }) => ({
      name,
      keepalived: keepalived?.file ?? null,
      haproxy: haproxy?.file ?? null,
    })),
    counts: {
      ...Object.fromEntries(
        SEVERITIES.map((severity) => [severity, findings.filter((one) => one.severity === severity).length]),
      ),
      suppressed: suppressedCount,
      notUnderstood: notUnderstood.length,
    },
    findings: findings.map((finding) => {
      const { rule, severity, position, happens, instead } = finding;
      return { rule, severity, ...position, lineText: lineOf(finding, cluster), happens, instead };
    }),
    whatIf,
    programs: cluster.said ? { versions: cluster.said.versions, leftOut: cluster.said.leftOut } : null,
    notUnderstood: notUnderstood.map(place),
    suppressionProblems: suppressionProblems.map(place),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
