import { attributes, escaped } from '../xml.js';
import { RULES } from '../../check/catalogue.js';
import type { CheckReport } from '../../check/check.js';
import { type CheckedCluster, isJudged } from '../../check/checked-cluster.js';
import type { Finding } from '../../check/finding.js';

/** A case per rule that was judged; it fails with an error or a warning, and says what it knows otherwise. */
export function checkJunit({ findings }: CheckReport, cluster: CheckedCluster): string {
  const failed = new Set(findings.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule));
  const judged = RULES.filter((rule) => isJudged(rule, cluster));
  const totals = { name: 'ha-demo check', tests: judged.length, failures: failed.size };
  const cases = judged.map(({ id, title }) => {
    const own = findings.filter(({ rule }) => rule === id);
    const text = escaped(own.map(lineOf).join('\n'));
    const outcome = failed.has(id)
      ? `<failure${attributes({ type: own[0]!.severity, message: title })}>${text}</failure>`
      : own.length > 0
        ? `<system-out>${text}</system-out>`
        : '';
    return `<testcase${attributes({ classname: 'ha-demo check', name: id })}>${outcome}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(totals)}>`,
    `<testsuite${attributes(totals)}>`,
    ...cases,
    '</testsuite>',
    '</testsuites>\n',
  ].join('\n');
}

function lineOf({ position: { file, line, column }, severity, happens, instead }: Finding): string {
  return `${file}:${line}:${column}: ${severity}: ${happens} ${instead}`;
}
