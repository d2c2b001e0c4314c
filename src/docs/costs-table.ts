import type { ProfileName } from '../cluster/cluster-file.js';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { markdownTable } from '../report/markdown.js';
import { count, spread } from '../report/words.js';

/** What a line is of: all faults of a kind, or one. */
type Meant = Pick<DrillResult, 'tag'> | Pick<DrillResult, 'fault'>;
const LINES: { broken: string; of: Meant }[] = [
  { broken: 'services and nodes stopped, restarted, drained, upgraded', of: { tag: 'planned' } },
  { broken: 'application killed', of: { fault: 'kill-app' } },
  { broken: 'HAProxy killed', of: { fault: 'kill-haproxy' } },
  { broken: 'node powered off', of: { fault: 'power-off-node' } },
  { broken: 'cable pulled', of: { fault: 'unplug-node' } },
  { broken: 'node cut off in silence', of: { fault: 'partition-node' } },
  { broken: 'node frozen', of: { fault: 'freeze-node' } },
  { broken: 'HAProxy hung', of: { fault: 'hang-haproxy' } },
];
const PROFILES: ProfileName[] = ['tuned', 'classic'];

/** The faults that a newcomer asks for first, of one tier, under both profiles. */
export function costsTable({ drills }: DrillReport): string {
  const head = [
    'broken on purpose',
    ...PROFILES.flatMap((profile) => [`\`${profile}\`: outage, median / p95 / max`, 'failed requests']),
  ];
  const rows = LINES.map(({ broken, of }) => {
    const isMeant = (drill: DrillResult) => ('tag' in of ? drill.tag === of.tag : drill.fault === of.fault);
    const meant = drills.filter(isMeant);
    return [broken, ...PROFILES.flatMap((name) => costOf(meant.filter(({ profile }) => profile === name)))];
  });
  return markdownTable(head, rows);
}

/** The outage of the worst one of the drills, and the failures of all. Empty for what was not measured. */
function costOf(drills: DrillResult[]): string[] {
  const measured = drills.flatMap(({ statistics }) => statistics ?? []);
  const worst = measured.map(({ outageMs }) => outageMs).toSorted((a, b) => b.maxMs - a.maxMs)[0];
  if (!worst) return ['', ''];
  const [failed, sent] = (['failed', 'sent'] as const).map((name) =>
    measured.reduce((sum, statistics) => sum + statistics[name], 0),
  );
  return [worst.maxMs === 0 ? 'none' : spread(worst), `${count(failed!)} of ${count(sent!)}`];
}
