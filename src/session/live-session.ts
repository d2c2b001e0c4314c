import { type Clock, systemClock } from '../common/clock.js';
import { InvalidInputError } from '../common/errors.js';
import {
  AFTERMATH_MS,
  breakAndMend,
  HealFailedError,
  HOLD_AT_MOST_MS,
  HOLD_MS,
  type Mended as MendedFaults,
  oneLine,
  type Phase,
} from '../drill/break-and-mend.js';
import { faultNamed } from '../drill/catalogue.js';
import { brokenIn, isAtWork, type JournalEntry } from '../drill/drill-journal.js';
import { nameOf, type PlacedFault, targetAt } from '../drill/fault.js';
import { type CampaignOrder, type CampaignOutcome, runCampaign } from './campaign.js';
import { chooseDrills } from './choose-drills.js';
import { healLeft } from './heal-left.js';
import { LiveLab } from './live-lab.js';
import type { LabSource, OpenLab } from './open-lab.js';
import type { Mended, Publish } from './session-event.js';
import { untilAborted } from './until-aborted.js';
import { phaseOf } from './with-runner.js';

/** What is under way; one thing at a time. */
interface Action {
  /** In words, for who wants something else meanwhile. */
  what: string;
  /** Ends it in order: what is broken is mended. */
  end: () => void;
  /** Rejects when it could not be mended. */
  done: Promise<void>;
}

/**
 * A lab that people watch, and break by hand or by drills, one thing at a time. All that happens is published. It goes on while
 * the lab is away.
 */
export class LiveSession {
  private action: Action | undefined;
  /** That was watched last: something may be broken in it. */
  private lastOpen: OpenLab | undefined;
  private readonly live: LiveLab;

  /** @param order what drills are given beside their choice */
  constructor(
    private readonly labs: LabSource,
    private readonly order: Omit<CampaignOrder, 'choice' | 'profiles'>,
    private readonly publish: Publish,
    /** Ends the session; what is broken is mended first. */
    private readonly signal: AbortSignal,
    clock: Clock = systemClock,
  ) {
    this.live = new LiveLab(labs, order.load, publish, clock);
  }

  /** Watches the lab until the signal, and until what is broken by then is mended. @throws Error when that is not possible */
  async run(): Promise<void> {
    const mended = new AbortController();
    const ending = this.endInOrder().finally(() => mended.abort());
    await Promise.allSettled([ending, this.live.watch(mended.signal)]);
    await ending;
  }

  /** The lab that is watched. @throws InvalidInputError while it cannot be */
  openLab(): OpenLab {
    this.lastOpen = this.live.assertWatched();
    return this.lastOpen;
  }

  /**
   * Causes a fault, which `heal` mends; one that is over when it is done, such as a restart, is mended then.
   * @throws InvalidInputError when something is under way or broken, or the lab cannot do it
   */
  async breakByHand(placed: PlacedFault): Promise<void> {
    const open = this.openLab();
    const because = refusedByHand(open, placed);
    if (because !== undefined) throw new InvalidInputError(`fault: ${nameOf(placed)}: ${because}`);
    await this.assertNothingIsBroken(open);
    const healing = new AbortController();
    const work = async () => {
      const tell = (isHealed: boolean, remarks: string[]) => this.publish({ ...mendedOf(placed), isHealed, remarks });
      await this.breakAndMend(open, placed, healing.signal).then(
        async ({ healMs, remarks }) => {
          // What the heal costs is known then.
          await this.live.untilServed(healMs, AFTERMATH_MS, HOLD_AT_MOST_MS, this.signal);
          tell(true, remarks);
        },
        (error: Error) => {
          tell(!(error instanceof HealFailedError), [oneLine(error)]);
          throw error;
        },
      );
    };
    // What goes wrong has been told.
    this.begin(`${nameOf(placed)} is broken`, () => healing.abort(), work).catch(() => {});
  }

  /**
   * Mends what is broken here, or what an interrupted drill has left; resolves when that is done.
   * @throws InvalidInputError when nothing is broken, or a drill is at work that mends it itself @throws HealFailedError
   */
  async heal(): Promise<void> {
    if (this.action) {
      this.action.end();
      return this.action.done;
    }
    const open = this.openLab();
    const entry = await open.journal.read();
    if (!entry) throw new InvalidInputError('nothing is broken on purpose');
    if (isAtWork(entry) && entry.processId !== process.pid)
      throw new InvalidInputError(`${brokenIn(entry)}: process ${entry.processId} drills it, and mends it`);
    await this.begin(
      `${brokenIn(entry)} is being mended`,
      () => {},
      () => this.healLeft(open, entry),
    );
  }

  /**
   * Begins a drill, which `heal` ends.
   * @param onOutcome is told what it came to
   * @throws InvalidInputError when something is under way or broken
   */
  async drill(choice: CampaignOrder['choice'], onOutcome: (outcome: CampaignOutcome) => void): Promise<void> {
    const open = this.openLab();
    if (open.onPair) throw new InvalidInputError(NO_DRILLS);
    chooseDrills(open.cluster, choice);
    await this.assertNothingIsBroken(open);
    const ended = new AbortController();
    const order = { ...this.order, choice, profiles: [open.cluster.profileName] };
    const work = () =>
      this.live.withoutClients(async () => {
        // Of the cluster as it is watched, whatever cluster.yaml says by now.
        const labs = { ...this.labs, open: async () => open };
        onOutcome(await runCampaign(labs, order, this.publish, ended.signal));
      });
    this.begin('a drill goes on', () => ended.abort(), work).catch((error: Error) =>
      this.publish({ event: 'campaign-ended', verdict: 'unknown', because: oneLine(error) }),
    );
  }

  private async endInOrder(): Promise<void> {
    await untilAborted(this.signal);
    this.action?.end();
    // What it could not mend is tried once more.
    await this.action?.done.catch(() => {});
    const entry = await this.lastOpen?.journal.read();
    if (entry?.processId === process.pid) await this.healLeft(this.lastOpen!, entry);
  }

  private async healLeft(open: OpenLab, entry: JournalEntry): Promise<void> {
    await healLeft(open, entry, (_text, part) => part());
    for (const place of entry.faults) {
      const placed = { fault: faultNamed(place.fault), target: targetAt(open.cluster, place) };
      this.publish({ ...mendedOf(placed), isHealed: true, remarks: [] });
    }
  }

  private breakAndMend(open: OpenLab, placed: PlacedFault, healing: AbortSignal): Promise<MendedFaults> {
    const { clock } = open.lab;
    const { fault } = placed;
    const scene = {
      ...open,
      signal: healing,
      nowMs: () => clock.nowMs(),
      onPhase: (phase: Phase) => this.publish(phaseOf(phase, placed, open.onPair ? null : this.order.load)),
    };
    const lasts = !fault.isOverWhenDone && !fault.endsByItself?.(open.lab.capabilities);
    return breakAndMend(scene, [placed], async (faultMs) => {
      this.live.lookSoon();
      if (lasts) await untilAborted(healing);
      else await this.live.untilServed(faultMs, HOLD_MS, HOLD_AT_MOST_MS, healing);
    });
  }

  private begin(what: string, end: () => void, work: () => Promise<void>): Promise<void> {
    this.assertIdle();
    const done = work().finally(() => {
      this.action = undefined;
      this.live.lookSoon();
    });
    this.action = { what, end, done };
    this.live.lookSoon();
    return done;
  }

  private async assertNothingIsBroken({ journal }: OpenLab): Promise<void> {
    this.assertIdle();
    const entry = await journal.read();
    if (entry) throw new InvalidInputError(`${brokenIn(entry)}: Heal first`);
  }

  private assertIdle(): void {
    if (this.signal.aborted) throw new InvalidInputError('this console is ending');
    if (this.action) throw new InvalidInputError(`${this.action.what}: Heal first`);
  }
}

function mendedOf(placed: PlacedFault): Pick<Mended, 'event' | 'fault' | 'tier' | 'node'> {
  const { fault, tier, node } = phaseOf('recovery', placed, null);
  return { event: 'mended', fault, tier, node };
}

/** Why a pair of the user's is not drilled here. */
export const NO_DRILLS =
  'a pair is drilled by ./ha-demo try, or by ./ha-demo drill on its own hosts, which hold it against what check says';

/** @returns why a fault cannot be caused by hand in this lab; undefined when it can */
export function refusedByHand({ lab, cluster }: OpenLab, { fault }: PlacedFault): string | undefined {
  const because = fault.skippedBecause?.(lab.capabilities, cluster);
  if (because !== undefined) return because;
  return fault.endsClientsInLan ? 'it ends the clients as well; only a drill has others' : undefined;
}
