import type { DrillStatistics, RunMeasurement } from '../drill/drill-report.js';
import { type Metric, METRIC_NAMES, metricNamed, type MetricName } from '../drill/metrics.js';
import type { Spread } from '../drill/spread.js';
import { count, duration, spread } from './words.js';

/** Of a table: what it is headed by, and what stands in it. */
export interface Column<Of> {
  head: string;
  cell: (of: Of) => string;
}

/** Of a table of runs: all figures there are. */
export const RUN_COLUMNS: Column<RunMeasurement>[] = byColumn(METRIC_NAMES).map(([head, names]) => ({
  head,
  cell: (measured) => joined(names, (name) => (measured[name] === null ? '-' : written(name, measured[name]))),
}));

/** Of a table of drills. */
export const DRILL_COLUMNS = drillColumns(['always', 'at length']);
/** Of one that is to be pasted. */
export const SHORT_DRILL_COLUMNS = drillColumns(['always']);

function drillColumns(shown: Metric['shown'][]): Column<DrillStatistics>[] {
  return byColumn(METRIC_NAMES.filter((name) => shown.includes(metricNamed(name).shown))).map(([head, names]) => ({
    head: names.some((name) => metricNamed(name).ofRuns === 'spread') ? `${head}, median / p95 / max` : head,
    cell: (statistics) =>
      joined(names, (name) => {
        const figure = statistics[name as keyof DrillStatistics];
        return typeof figure === 'number' ? written(name, figure) : spread(figure);
      }),
  }));
}

/** The statistics one by one, for programs: `outageP95Ms` is that of `outageMs`. */
export function flattened(statistics: DrillStatistics): Record<string, number> {
  const figures = Object.entries<number | Spread>(statistics).flatMap(([name, figure]): [string, number][] => {
    if (typeof figure === 'number') return [[name, figure]];
    const bare = name.replace(/Ms$/, '');
    return [
      [`${bare}MedianMs`, figure.medianMs],
      [`${bare}P95Ms`, figure.p95Ms],
      [`${bare}MaxMs`, figure.maxMs],
    ];
  });
  return Object.fromEntries(figures);
}

function byColumn(names: MetricName[]): [string, MetricName[]][] {
  return [...Map.groupBy(names, (name) => metricNamed(name).column)];
}

function joined(names: MetricName[], cell: (name: MetricName) => string): string {
  return names.map(cell).join(' / ');
}

function written(name: MetricName, figure: number): string {
  return name.endsWith('Ms') ? duration(figure) : count(figure);
}
