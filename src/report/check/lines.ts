import type { Position } from '../../configuration/source.js';
import type { CheckedCluster } from '../../check/checked-cluster.js';
import type { Finding } from '../../check/finding.js';
import { masked } from '../../configuration/masked.js';

const LONGEST_LINE = 200;

/** The line of a finding. What a comment has cut may be a secret: of such a line the first word is shown. */
export function lineOf({ rule, position }: Finding, cluster: CheckedCluster): string {
  const line = lineAt(position, cluster);
  return rule === 'comment-cuts-value' ? `${line.split(/[\s=]/)[0]} ***` : line;
}

/** The line that is meant, without blanks around it and without secrets. */
function lineAt({ file, line }: Position, { texts }: CheckedCluster): string {
  const text = texts.get(file)?.split('\n')[line - 1] ?? '';
  return masked(withoutControls(text.trim())).slice(0, LONGEST_LINE);
}

/** A terminal obeys control characters. */
export function withoutControls(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\u{FFFD}');
}
