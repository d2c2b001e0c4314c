import type { Phase } from '../drill/break-and-mend.js';
import type { DrillLoad, DrillResult } from '../drill/drill-report.js';
import { type Drill, DrillRunner, type DrillSettings, type Probes } from '../drill/drill-runner.js';
import { loadUnder, type PlacedFault } from '../drill/fault.js';
import { LabWatch } from '../drill/lab-watch.js';
import type { RunProbe } from '../drill/probe-process.js';
import type { NodeEvent } from '../lab/node-event.js';
import type { Clock } from '../common/clock.js';
import type { OpenLab } from './open-lab.js';
import { clusterShown, observedAloud } from './seen.js';
import type { PhaseBegun, Publish } from './session-event.js';

/** Does something with a runner of drills on a lab, all of whose events are published; it is stopped in the end. */
export async function withRunner<Result>(
  { cluster, lab, problemsOf, settlesWithinMs, probes, journal }: OpenLab,
  settings: Omit<DrillSettings, 'onPhase'>,
  publish: Publish,
  action: (runner: DrillRunner) => Promise<Result>,
): Promise<Result> {
  const watch = LabWatch.start(cluster, lab, publishNodeEvents(lab.clock, publish));
  publish(clusterShown(cluster, lab));
  const aloud = observedAloud({ cluster, lab, problemsOf }, publish);
  const runner = new DrillRunner(
    { cluster, lab: aloud, problemsOf, settlesWithinMs, probes: publishedProbes(probes, publish), journal, watch },
    {
      ...settings,
      onPhase: ({ fault, target, runs }, run, phase) =>
        publish({ ...phaseOf(phase, { fault, target }, loadUnder(fault, settings.load)), run, runs }),
    },
  );
  try {
    return await action(runner);
  } finally {
    await runner.stop().finally(() => watch.stop());
  }
}

/**
 * Runs drills one after the other, in their order.
 * @param onResult is given the result of each as it ends, and returns what is told of it
 */
export function runInTurn(
  open: OpenLab,
  drills: Drill[],
  settings: Omit<DrillSettings, 'onPhase'>,
  publish: Publish,
  onResult: (result: DrillResult) => DrillResult,
): Promise<void> {
  return withRunner(open, settings, publish, async (runner) => {
    for (const drill of drills) {
      const result = onResult(await runner.run(drill));
      publish({ event: 'drill-ended', result });
    }
  });
}

/** @returns what publishes a node's event, its wall-clock time made one of the lab's monotonic clock */
export function publishNodeEvents(clock: Clock, publish: Publish): (event: NodeEvent) => void {
  return ({ atMs, ...happening }) => publish(happening, clock.nowMs() - (clock.wallClockMs() - atMs));
}

function publishedProbes({ inLan, onHost, ...rest }: Probes, publish: Publish): Probes {
  return { ...rest, inLan: published(inLan, publish), onHost: published(onHost, publish) };
}

/** Where a fault by hand, or the only run of a drill, has come to. @param load of clients under it; null where nothing is predicted */
export function phaseOf(phase: Phase, { fault, target }: PlacedFault, load: DrillLoad | null): PhaseBegun {
  return {
    ...{ event: 'phase', phase, run: 1, runs: 1, profile: target.cluster.profileName },
    ...{ fault: fault.name, tier: target.tier.name, node: fault.scope === 'node' ? target.node.name : null },
    prediction: load && fault.predict(target, load),
  };
}

/** A probe whose requests and broken connections are published, too. */
export function published(probe: RunProbe, publish: Publish): RunProbe {
  return (cluster, probeArguments, onEvent, signal) => {
    let startMs = 0;
    return probe(
      cluster,
      probeArguments,
      (event) => {
        onEvent(event);
        if (event.event === 'started') {
          startMs = event.monotonicMs;
          const { url, ratePerSecond, timeoutMs } = event;
          publish({ event: 'probe-started', url, ratePerSecond, timeoutMs }, startMs);
        } else if (event.event === 'sample') {
          const { dueMs, ...sample } = event;
          publish({ ...sample, event: 'request' }, startMs + dueMs);
        } else if (event.event === 'broken') {
          const { atMs, ...breakage } = event;
          publish(breakage, startMs + atMs);
        }
      },
      signal,
    ).finally(() => publish({ event: 'probe-ended' }));
  };
}
