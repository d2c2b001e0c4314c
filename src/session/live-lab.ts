import { InvalidInputError } from '../common/errors.js';
import type { Clock } from '../common/clock.js';
import { oneLine } from '../drill/break-and-mend.js';
import { isAtWork } from '../drill/drill-journal.js';
import type { DrillLoad } from '../drill/drill-report.js';
import { LiveWatch } from './live-watch.js';
import type { LabSource, OpenLab } from './open-lab.js';
import { clusterShown, nodesSeen } from './seen.js';
import type { Happening, Publish } from './session-event.js';

/** The time between two looks at the nodes while nothing happens; what they tell of themselves is known at once. */
const LOOK_INTERVAL_MS = 3_000;
/** Looks cost the nodes some processes each. */
const LEAST_INTERVAL_MS = 300;

/** A lab that is watched for as long as somebody wants to: by clients, by what the nodes tell, and by looks at them. */
export class LiveLab {
  private open: OpenLab | undefined;
  private clients: LiveWatch | undefined;
  private needsNoClients = false;
  private looking: Promise<void> = Promise.resolve();
  private wanted = new AbortController();
  /** By the kind of event, what was told last: told again only when it is something else. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly labs: LabSource,
    private readonly load: DrillLoad,
    private readonly publish: Publish,
    private readonly clock: Clock,
  ) {}

  /** Watches until the signal. While the lab cannot be watched it says so, and tries again. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.watchUntilLost(signal).catch((error: Error) =>
        this.tellChanged({ event: 'lost', because: oneLine(error) }),
      );
      this.open = undefined;
      await this.stopClients();
      await this.clock.pause(LOOK_INTERVAL_MS, signal).catch(unlessAborted);
    }
  }

  /** @throws InvalidInputError while the lab cannot be watched */
  assertWatched(): OpenLab {
    if (this.open) return this.open;
    throw new InvalidInputError('the lab cannot be watched at the moment, so nothing is done to it');
  }

  /** Has a look at the nodes as soon as one is due. */
  lookSoon(): void {
    this.wanted.abort();
  }

  /** Resolves when clients are served again after what has happened at `ms` of the lab's clock. See LiveWatch. */
  async untilServed(ms: number, holdMs: number, atMostMs: number, signal: AbortSignal): Promise<void> {
    await this.clients?.untilServed(ms, holdMs, atMostMs, signal);
  }

  /** Does something that has clients of its own. */
  async withoutClients(action: () => Promise<void>): Promise<void> {
    this.needsNoClients = true;
    try {
      // What has gone wrong with it is told by who watches.
      await this.looking.catch(() => {});
      await this.stopClients();
      await action();
    } finally {
      this.needsNoClients = false;
      this.told.delete('lost');
    }
  }

  private async watchUntilLost(signal: AbortSignal): Promise<void> {
    const open = await this.labs.open();
    const { lab } = open;
    this.told.delete('standing');
    while (!signal.aborted) {
      this.wanted = new AbortController();
      this.looking = this.look(open);
      await this.looking;
      await lab.clock.pause(LEAST_INTERVAL_MS, signal).catch(unlessAborted);
      const soon = AbortSignal.any([signal, this.wanted.signal]);
      await lab.clock.pause(LOOK_INTERVAL_MS - LEAST_INTERVAL_MS, soon).catch(unlessAborted);
    }
  }

  private async look(open: OpenLab): Promise<void> {
    await this.tellStanding(open);
    // What has clients of its own has looks of its own, too.
    if (this.needsNoClients) return;
    const beganMs = open.lab.clock.nowMs();
    const seen = await open.lab.observe();
    if (!this.open) {
      this.told.delete('lost');
      this.publish(clusterShown(open.cluster, open.lab));
      this.open = open;
    }
    this.publish(nodesSeen(open, seen), beganMs);
    if (this.clients?.isOld() && !(await open.journal.read())) await this.stopClients();
    this.clients ??= await LiveWatch.start(open, this.load, this.publish, () => this.lookSoon());
    await this.clients.assertGoesOn();
  }

  private async tellStanding({ journal }: OpenLab): Promise<void> {
    const entry = await journal.read();
    const faults = (entry?.faults ?? []).map(({ fault, tier, node }) => ({ fault, tier, node }));
    const isOurs = entry?.processId === process.pid;
    const owner = !entry || isOurs ? 'this' : isAtWork(entry) ? 'another' : 'nobody';
    this.tellChanged({ event: 'standing', faults, owner });
  }

  private tellChanged(happening: Happening): void {
    const text = JSON.stringify(happening);
    if (this.told.get(happening.event) === text) return;
    this.told.set(happening.event, text);
    this.publish(happening);
  }

  private async stopClients(): Promise<void> {
    const { clients } = this;
    this.clients = undefined;
    await clients?.stop();
  }
}

function unlessAborted(error: Error): void {
  if (error.name !== 'AbortError') throw error;
}
