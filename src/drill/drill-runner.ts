import type { Lab, NodeObservation } from '../lab/lab.js';
import {
  AFTERMATH_MS,
  breakAndMend,
  HOLD_AT_MOST_MS,
  HOLD_MS,
  MOMENT_WITHIN_MS,
  oneLine,
  type Phase,
  UNSENT_SHARE,
} from './break-and-mend.js';
import { type Budgets, overrunsOfRun } from './budgets.js';
import type { DrillJournal } from './drill-journal.js';
import type {
  Budget,
  DrillLoad,
  DrillResult,
  DrillRun,
  DrillVerdict,
  RunMarks,
  RunMeasurement,
  RunTimeline,
} from './drill-report.js';
import { isWorse, resultOf, stepsOf } from './drill-result.js';
import { type Fault, type FaultTarget, loadUnder, type PlacedFault } from './fault.js';
import type { LabWatch } from './lab-watch.js';
import { dualMasterMs, serverLanes, vrrpLanes } from './lanes.js';
import { measure } from './measurement.js';
import { roundMs } from '../probe/probe-tally.js';
import type { RunProbe } from './probe-process.js';
import { ProbeSession } from './probe-session.js';
import type { Random } from './random.js';
import { type Settling, untilSteady } from './steady-state.js';

/** To be run so often. */
export interface Drill extends PlacedFault {
  runs: number;
  /** How long clients are watched while it is broken; what suits the lab's own timers without it. */
  hold?: {
    /** At least. */
    holdMs: number;
    /** Longer than that, while they are not served. */
    longerMs: number;
  };
}

export interface DrillSettings {
  load: DrillLoad;
  budgets: Budgets;
  random: Random;
  /** Told of each phase as it begins. */
  onPhase: (drill: Drill, run: number, phase: Phase) => void;
  /** Ends the drills; the fault of the moment is healed first. */
  signal: AbortSignal;
}

/** So long a steady state is watched before. */
const STEADY_MS = 600;
const SETTLES_WITHIN_MS = 30_000;

interface RunOutcome {
  run: DrillRun;
  /** Missing when nothing was measured. */
  timeline?: RunTimeline;
}

/** Where the clients are. */
export interface Probes {
  inLan: RunProbe;
  onHost: RunProbe;
  /** Flags of the probe for what they ask; the page of the tier without them. */
  asking?: string[];
}

/** What is broken, and what sees it. */
export interface DrillScene extends Settling {
  lab: Lab;
  probes: Probes;
  journal: DrillJournal;
  /** Of the lab; it goes on for as long as there are drills. */
  watch: LabWatch;
}

/** Breaks a lab on purpose and measures what clients felt. One drill at a time. */
export class DrillRunner {
  private session: ProbeSession | undefined;
  private sessionOf: 'inLan' | 'onHost' = 'inLan';

  constructor(
    private readonly scene: DrillScene,
    private readonly settings: DrillSettings,
  ) {}

  /**
   * Runs a drill as often as it says; one that the lab cannot do has no runs, and a reason. When it throws, the lab is healed, or
   * the journal knows what is left.
   * @throws HealFailedError @throws the signal's reason @throws Error when the probe or the watch of the lab has failed
   */
  async run(drill: Drill): Promise<DrillResult> {
    const { fault } = drill;
    const budget = this.settings.budgets[fault.name] ?? null;
    const load = loadUnder(fault, this.settings.load);
    const skippedBecause = fault.skippedBecause?.(this.scene.lab.capabilities, this.scene.cluster) ?? null;
    const runs: DrillRun[] = [];
    let worst: { measured: RunMeasurement; timeline: RunTimeline } | undefined;
    for (let number = 1; skippedBecause === null && number <= drill.runs; number += 1) {
      const { run, timeline } = await this.runOnce(drill, number, budget, load);
      runs.push(run);
      if (timeline && (!worst || isWorse(run.measured, worst.measured))) worst = { measured: run.measured, timeline };
    }
    return resultOf(drill.fault, drill.target, load, skippedBecause, budget, runs, worst?.timeline ?? null);
  }

  async stop(): Promise<void> {
    await this.session?.stop();
    this.session = undefined;
  }

  private async runOnce(drill: Drill, number: number, budget: Budget | null, load: DrillLoad): Promise<RunOutcome> {
    const { fault, target } = drill;
    const { cluster, lab, problemsOf, settlesWithinMs, journal } = this.scene;
    const { random, signal, onPhase } = this.settings;
    const startedAt = new Date(lab.clock.wallClockMs()).toISOString();
    onPhase(drill, number, 'steady state');
    const problems: string[] = [];
    const before = await untilSteady(this.scene, settlesWithinMs ?? SETTLES_WITHIN_MS).catch((error: Error) => {
      problems.push(`before: ${oneLine(error)}`);
      return [];
    });
    const session = await this.sessionFor(fault, target, load);
    const fromMs = session.nowMs();
    session.forgetBefore(fromMs);
    await session.reportedUntil(fromMs + STEADY_MS + random.next() * MOMENT_WITHIN_MS);
    problems.push(...this.unsteadiness(session, fromMs));
    if (problems.length > 0) return { run: notRun(number, startedAt, problems) };
    signal.throwIfAborted();

    const scene = {
      ...{ cluster, lab, problemsOf, settlesWithinMs, journal, signal },
      ...{ nowMs: () => session.nowMs(), onPhase: (phase: Phase) => onPhase(drill, number, phase) },
    };
    // What is predicted to last until it is healed is not waited for.
    const lasts = fault.predict(target, load).untilMs === null;
    const { holdMs, longerMs } = drill.hold ?? { holdMs: HOLD_MS, longerMs: lasts ? 0 : HOLD_AT_MOST_MS };
    const mended = await breakAndMend(scene, [drill], (faultMs, faultDoneMs) =>
      session.untilServed(faultMs, faultDoneMs + holdMs, longerMs, signal),
    );
    signal.throwIfAborted();
    const { remarks, faultMs, faultDoneMs, healMs, healDoneMs, recoveredMs } = mended;
    await session.untilServed(healMs, recoveredMs + AFTERMATH_MS, HOLD_AT_MOST_MS, signal);

    const sinceStart = (ms: number) => Math.max(0, ms - fromMs);
    const marks: RunMarks = {
      faultMs: sinceStart(faultMs),
      faultDoneMs: sinceStart(faultDoneMs),
      healMs: sinceStart(healMs),
      healDoneMs: sinceStart(healDoneMs),
      recoveredMs: sinceStart(recoveredMs),
      endMs: sinceStart(session.nowMs() - session.load.timeoutMs),
    };
    return this.evaluate(drill, { number, startedAt, remarks, marks, budget, session, fromMs, before });
  }

  private evaluate(
    { fault, target }: Drill,
    of: Omit<DrillRun, 'verdict' | 'measured'> & {
      budget: Budget | null;
      session: ProbeSession;
      fromMs: number;
      before: NodeObservation[];
    },
  ): RunOutcome {
    const { number, startedAt, remarks, marks, budget, session, fromMs, before } = of;
    const samples = session
      .samplesBetween(fromMs, fromMs + marks.endMs)
      .map((sample) => ({ ...sample, dueMs: sample.dueMs - fromMs }));
    const breakages = session
      .breakagesBetween(fromMs, fromMs + marks.endMs)
      .map((breakage) => ({ ...breakage, atMs: breakage.atMs - fromMs }));
    const toRunMs = (wallClockMs: number) => session.fromWallClock(wallClockMs) - fromMs;
    const events = this.scene.watch.eventsSoFar().map((event) => ({ ...event, atMs: toRunMs(event.atMs) }));
    const routers = vrrpLanes(events, target.tier, before, marks.endMs);
    const measured = measure(samples, breakages, marks, dualMasterMs(routers, marks.faultMs, marks.endMs));

    const overruns = budget ? overrunsOfRun(budget, { measured }) : [];
    const due = measured.sent + measured.unsent;
    const lateProber =
      measured.unsent > due * UNSENT_SHARE ? [`the prober could not keep its rate: ${measured.unsent} unsent`] : [];
    const verdict: DrillVerdict =
      remarks.length > 0 ? 'fail' : lateProber.length > 0 ? 'unknown' : overruns.length > 0 ? 'fail' : 'pass';
    const answeredBy = session.tier;
    const timeline: RunTimeline = {
      run: number,
      samples: {
        dueMs: samples.map(({ dueMs }) => roundMs(dueMs)),
        latencyMs: samples.map(({ latencyMs }) => (latencyMs === null ? null : roundMs(latencyMs))),
        outcome: samples.map(({ outcome }) => outcome),
        answeredBy: samples.map((sample) => sample[answeredBy]),
      },
      brokenAtMs: breakages.map(({ atMs }) => roundMs(atMs)),
      lanes: [...routers, ...serverLanes(events, target.tier, marks.endMs)],
      steps: stepsOf(fault, target, marks, routers, measured.outages.fault[0]?.untilMs),
    };
    const run: DrillRun = {
      ...{ number, startedAt, verdict, marks, measured },
      remarks: [...remarks, ...lateProber, ...overruns],
    };
    return { run, timeline };
  }

  private async sessionFor(fault: Fault, target: FaultTarget, load: DrillLoad): Promise<ProbeSession> {
    const tier = fault.asks ?? target.tier.name;
    const place = fault.endsClientsInLan ? 'onHost' : 'inLan';
    const isSame = this.session?.tier === tier && this.session.load.timeoutMs === load.timeoutMs;
    if (this.session && isSame && this.sessionOf === place) return this.session;
    await this.stop();
    const { cluster, lab, probes } = this.scene;
    this.session = await ProbeSession.start(cluster, tier, load, probes[place], lab.clock, probes.asking);
    this.sessionOf = place;
    return this.session;
  }

  private unsteadiness(session: ProbeSession, fromMs: number): string[] {
    const samples = session.samplesBetween(fromMs, fromMs + STEADY_MS);
    const failed = samples.filter(({ outcome }) => outcome === 'failed');
    const unsent = samples.filter(({ outcome }) => outcome === 'unsent');
    return [
      ...(failed.length > 0 ? [`not steady before: ${failed.length} requests failed (${failed[0]!.reason})`] : []),
      ...(unsent.length > samples.length * UNSENT_SHARE
        ? [`the prober could not keep its rate before: ${unsent.length} of ${samples.length} requests unsent`]
        : []),
    ];
  }
}

function notRun(number: number, startedAt: string, remarks: string[]): DrillRun {
  const marks = { faultMs: 0, faultDoneMs: 0, healMs: 0, healDoneMs: 0, recoveredMs: 0, endMs: 0 };
  return { number, startedAt, verdict: 'unknown', remarks, marks, measured: measure([], [], marks, 0) };
}
