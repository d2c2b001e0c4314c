import type { Comment, ReadingProblem } from '../configuration/source.js';
import { RULES } from './catalogue.js';
import { type CheckedCluster, haproxyFiles, isJudged } from './checked-cluster.js';
import type { Finding } from './finding.js';

/**
 * Takes away what a comment `# ha-demo: ignore RULE reason` is about, on the line of the finding or on the one above it.
 * @returns what is left, and comments that name no rule, give no reason, or are about nothing
 */
export function suppressed(
  findings: Finding[],
  cluster: CheckedCluster,
): { findings: Finding[]; problems: ReadingProblem[] } {
  const used = new Set<Finding>();
  const problems: ReadingProblem[] = [];
  for (const { text, position } of commentsIn(cluster)) {
    const [, rule, reason] = /^ha-demo:\s*ignore\s*(\S*)\s*(.*)$/.exec(text) ?? [];
    if (rule === undefined) continue;
    const known = RULES.find(({ id }) => id === rule);
    if (!known) {
      problems.push({ position, text: `ha-demo: ignore ${rule}: there is no such rule` });
      continue;
    }
    if (reason === '') problems.push({ position, text: `ha-demo: ignore ${rule}: a reason has to follow` });
    const meant = findings.filter(
      (finding) =>
        finding.rule === rule &&
        finding.position.file === position.file &&
        [position.line, position.line + 1].includes(finding.position.line),
    );
    if (reason === '') continue;
    if (meant.length === 0 && isJudged(known, cluster))
      problems.push({ position, text: `ha-demo: ignore ${rule}: nothing is found here, the comment can go` });
    meant.forEach((finding) => used.add(finding));
  }
  return { findings: findings.filter((finding) => !used.has(finding)), problems };
}

/** Each comment once: a file may be read for several nodes. */
function commentsIn(cluster: CheckedCluster): Comment[] {
  const all = [
    ...cluster.nodes.flatMap(({ keepalived }) => keepalived?.tree.comments ?? []),
    ...haproxyFiles(cluster).flatMap(({ tree }) => tree.comments),
  ];
  return [...new Map(all.map((comment) => [`${comment.position.file}:${comment.position.line}`, comment])).values()];
}
