import type { DrillLoad } from '../drill/drill-report.js';
import { reportPage } from '../report/html.js';
import type { CampaignOutcome } from '../session/campaign.js';
import type { EventStream } from '../session/event-stream.js';
import type { LiveSession } from '../session/live-session.js';
import type { SessionEvent } from '../session/session-event.js';
import { Aggregate } from './aggregate.js';
import { catalogueOf, placedIn } from './catalogue.js';
import { Feed } from './feed.js';
import { type BreakWish, type CatalogueEntry, type DrillWish, isPassedOn, STRETCH_MS } from './page-event.js';

/** So many reports of drills can be opened; the oldest go first. */
const REPORTS_KEPT = 20;

/** A session that goes on: what pages are told of it, and what they can wish. */
export class LiveConsole {
  readonly feed = new Feed();
  private readonly aggregate = new Aggregate();
  private readonly reports = new Map<number, string>();
  private reportCount = 0;

  constructor(
    private readonly session: LiveSession,
    private readonly stream: EventStream,
    private readonly load: DrillLoad,
  ) {}

  /** Tells pages what happens from now on. @returns what ends it */
  start(): () => void {
    const flush = () => this.feed.push(this.aggregate.flush(this.stream.nowMs()));
    let isDue = false;
    // Moves are shown at once, all those of one moment together; what clients get comes in such stretches from the probe.
    const flushNow = () => {
      isDue = false;
      flush();
    };
    const listen = (event: SessionEvent) => {
      this.aggregate.take(event);
      if (isDue || !isPassedOn(event)) return;
      isDue = true;
      setImmediate(flushNow);
    };
    const unsubscribe = this.stream.subscribe(listen);
    const timer = setInterval(flush, STRETCH_MS);
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  }

  /** @throws InvalidInputError while the lab cannot be watched */
  catalogue(): CatalogueEntry[] {
    return catalogueOf(this.session.openLab(), this.load);
  }

  /** @throws InvalidInputError when it cannot be done (now) */
  break(wish: BreakWish): Promise<void> {
    return this.session.breakByHand(placedIn(this.session.openLab().cluster, wish));
  }

  /** @throws InvalidInputError when it cannot be done (now) */
  drill({ runs, ...wish }: DrillWish): Promise<void> {
    const { fault, target } = placedIn(this.session.openLab().cluster, wish);
    const at = fault.scope === 'tier' ? { tier: target.tier.name } : { node: target.node.name };
    return this.session.drill({ faultName: fault.name, runs, ...at }, (outcome) => this.keepReport(outcome));
  }

  /** Resolves when the lab is in its steady state again. @throws InvalidInputError when nothing is broken */
  heal(): Promise<void> {
    return this.session.heal();
  }

  /** @returns its page; undefined when there is none of this number (any more) */
  report(number: number): string | undefined {
    return this.reports.get(number);
  }

  private keepReport({ report }: CampaignOutcome): void {
    this.reportCount += 1;
    this.reports.set(this.reportCount, reportPage(report));
    this.reports.delete(this.reportCount - REPORTS_KEPT);
    const atMs = this.stream.nowMs();
    this.feed.push([{ event: 'report', atMs, path: `reports/${this.reportCount}`, verdict: report.verdict }]);
  }
}
