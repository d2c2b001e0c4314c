import type { OutageWindow } from '../../drill/outage.js';
import type { ClusterShown, FaultsStanding, NodeSeen, PhaseBegun } from '../../session/session-event.js';
import type { Answers, PageEvent, ReportReady } from '../page-event.js';
import { EventLog } from './event-log.js';
import { FaultHistory, type FaultShown, outageOf } from './fault-history.js';
import { Lanes } from './lanes.js';
import { changesOf, words } from './words.js';

/** So much of the past is shown. */
export const SHOWN_MS = 30_000;
const KEPT_MS = 2 * SHOWN_MS;
const WINDOWS_KEPT = 50;

/** Which counts of answers tell of a tier's nodes. */
export function answeredBy(tier: string): 'byFrontend' | 'byBackend' {
  return tier === 'frontend' ? 'byFrontend' : 'byBackend';
}

/** All that the page shows, as the events up to a moment have made it. */
export class PageState {
  /** Of the moment 0, in ms since 1970. */
  wallClockMs = 0;
  nowMs = 0;
  cluster: ClusterShown | undefined;
  readonly nodes = new Map<string, NodeSeen>();
  problems: string[] = [];
  /** Requests that clients send; 0 while nobody asks. */
  ratePerSecond = 0;
  /** By tier, who holds its virtual IP. */
  readonly holders = new Map<string, string[]>();
  readonly lanes = new Lanes();
  /** In the order of their moments; a stretch that is missing had no requests. */
  answers: Answers[] = [];
  windows: OutageWindow[] = [];
  private readonly history = new FaultHistory();
  phase: PhaseBegun | undefined;
  standing: FaultsStanding = { event: 'standing', faults: [], owner: 'this' };
  /** Runs of drills, while they go on. */
  campaign: { runs: number; begun: number } | undefined;
  report: ReportReady | undefined;
  /** Why the lab cannot be watched. */
  lost: string | undefined;
  readonly log = new EventLog();
  private movedMs = new Map<string, number>();
  private askedUrl = '';

  take(event: PageEvent): void {
    switch (event.event) {
      case 'stream-started':
        this.wallClockMs = event.wallClockMs;
        break;
      case 'clock':
        this.nowMs = event.atMs;
        break;
      case 'cluster':
        this.begin(event);
        break;
      case 'probe-started':
        this.ratePerSecond = event.ratePerSecond;
        this.askedUrl = event.url;
        break;
      case 'probe-ended':
        this.ratePerSecond = 0;
        break;
      case 'nodes':
        this.look(event.atMs, event.nodes);
        this.problems = event.problems;
        break;
      case 'vrrp':
        this.move(event.atMs, event.node, event.state);
        break;
      case 'server':
        this.lanes.add(`${event.node} sees ${event.server}`, event.atMs, event.state);
        break;
      case 'answers':
        this.count(event);
        break;
      case 'outages':
        this.windows = [...this.windows.filter(({ fromMs }) => fromMs < event.atMs), ...event.windows].slice(
          -WINDOWS_KEPT,
        );
        break;
      case 'standing':
        this.standing = event;
        break;
      case 'phase':
        this.enter(event.atMs, event);
        break;
      case 'mended':
        this.phase = undefined;
        if (event.isHealed) this.history.recover(event.atMs);
        break;
      case 'campaign-started':
        this.campaign = { runs: event.runs, begun: 0 };
        break;
      case 'campaign-ended':
        this.campaign = undefined;
        this.phase = undefined;
        if (event.because === undefined) this.history.recover(event.atMs);
        break;
      case 'report':
        this.report = event;
        break;
      case 'lost':
        this.lost = event.because;
        break;
      case 'drill-done':
        this.history.recover(event.atMs);
        break;
    }
    this.nowMs = Math.max(this.nowMs, event.atMs);
    this.log.take(event, words(event, this));
  }

  /** The tier that clients ask. */
  get asked(): ClusterShown['tiers'][number] | undefined {
    const tiers = this.cluster?.tiers ?? [];
    const asked = URL.parse(this.askedUrl)?.hostname;
    return tiers.find(({ virtualIp }) => virtualIp === asked) ?? tiers[0];
  }

  /** Good answers a second, of those that say who gave them, in the last one that is known as a whole. */
  rates(by: 'byFrontend' | 'byBackend'): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const answers of this.lastSecond())
      for (const [name, count] of Object.entries(answers[by])) if (name !== '') sums[name] = (sums[name] ?? 0) + count;
    return sums;
  }

  /** Failed and slow requests, and broken connections, a second. */
  troubles(): Pick<Answers, 'failed' | 'slow' | 'broken'> {
    const sums = { failed: 0, slow: 0, broken: 0 };
    for (const { failed, slow, broken } of this.lastSecond()) {
      sums.failed += failed;
      sums.slow += slow;
      sums.broken += broken;
    }
    return sums;
  }

  /** The time without service that goes on, or the last one. */
  lastWindow(): OutageWindow | undefined {
    return this.windows.at(-1);
  }

  /** See outageOf of fault-history. */
  outageOf(fault: FaultShown): OutageWindow | undefined {
    return outageOf(fault, this.windows);
  }

  /** What was broken on purpose, in its order. */
  get faults(): FaultShown[] {
    return this.history.faults;
  }

  /** The cluster may be another one than before. */
  private begin(cluster: ClusterShown): void {
    this.cluster = cluster;
    this.lost = undefined;
    const names = new Set(cluster.tiers.flatMap(({ nodes }) => nodes.map(({ name }) => name)));
    for (const name of this.nodes.keys()) if (!names.has(name)) this.nodes.delete(name);
    for (const [tier, holders] of this.holders)
      this.holders.set(
        tier,
        holders.filter((name) => names.has(name)),
      );
  }

  private lastSecond(): Answers[] {
    // Those of the last stretches are not known yet.
    const untilMs = this.nowMs - 300;
    return this.answers.filter(({ atMs }) => atMs >= untilMs - 1_000 && atMs < untilMs);
  }

  private count(answers: Answers): void {
    let at = this.answers.length;
    while (at > 0 && this.answers[at - 1]!.atMs > answers.atMs) at -= 1;
    const isKnown = this.answers[at - 1]?.atMs === answers.atMs;
    this.answers.splice(isKnown ? at - 1 : at, isKnown ? 1 : 0, answers);
    const first = this.answers.findIndex(({ atMs }) => atMs >= this.nowMs - KEPT_MS);
    if (first > 100) this.answers.splice(0, first);
  }

  private look(atMs: number, nodes: NodeSeen[]): void {
    // When it has happened nobody knows: it is known now.
    for (const change of changesOf(this.nodes, nodes)) this.log.add(Math.max(atMs, this.nowMs), change);
    for (const seen of nodes) {
      this.nodes.set(seen.node, seen);
      this.lanes.see(seen.node, atMs, seen.vrrpState);
      for (const { name, status } of seen.servers) this.lanes.see(`${seen.node} sees ${name}`, atMs, upOrDown(status));
    }
    for (const { name, virtualIp, nodes: own } of this.cluster?.tiers ?? []) {
      // Who has moved since the look began knows better.
      if (own.some((node) => (this.movedMs.get(node.name) ?? -1) >= atMs)) continue;
      this.holders.set(
        name,
        nodes.filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map(({ node }) => node),
      );
    }
  }

  private move(atMs: number, node: string, state: string): void {
    this.lanes.add(node, atMs, state);
    this.movedMs.set(node, atMs);
    const tier = this.cluster?.tiers.find(({ nodes }) => nodes.some(({ name }) => name === node));
    if (!tier) return;
    // Whether the one before has let it go, the next look says.
    if (state === 'MASTER') this.holders.set(tier.name, [node]);
    else {
      const masters = tier.nodes.filter(({ name }) => this.lanes.now(name) === 'MASTER').map(({ name }) => name);
      this.holders.set(tier.name, masters);
    }
  }

  private enter(atMs: number, phase: PhaseBegun): void {
    this.phase = phase;
    if (phase.phase === 'steady state' && this.campaign) this.campaign.begun += 1;
    this.history.enter(atMs, phase);
  }
}

/** `UP 1/2` is up still, `NOLB` and `DRAIN` get no new requests (HAProxy Management Guide, section 9.1, field 17). */
function upOrDown(status: string): 'UP' | 'DOWN' {
  return status.startsWith('UP') || status === 'no check' ? 'UP' : 'DOWN';
}
