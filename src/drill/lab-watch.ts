import { type Cluster, nodesOf } from '../cluster/cluster.js';
import { lineStream } from '../common/lines.js';
import type { LabObserver, LogSource, NodeClocks } from '../lab/lab.js';
import { type NodeEvent, nodeEventIn, TELLING_SERVICES } from '../lab/node-event.js';

/** Of one log, counted from its end, among which the lines since the watch began are looked for. */
const TAIL_LINES = 2000;

/** What the nodes of a lab tell of themselves, from the start on, as it comes. Times are those of this host's clock. */
export class LabWatch {
  private readonly stopping = new AbortController();
  private events: NodeEvent[] = [];
  private readonly ended: Promise<void>;
  private failure: Error | undefined;

  private constructor(
    cluster: Cluster,
    private readonly lab: LabObserver & LogSource & NodeClocks,
    private readonly onEvent: (event: NodeEvent) => void,
  ) {
    const sinceMs = lab.clock.wallClockMs();
    this.ended = Promise.all(nodesOf(cluster).map(({ name }) => this.followNode(name, sinceMs))).then(() => {});
    this.ended.catch((error: Error) => (this.failure = error));
  }

  /** @param onEvent is called with each event as it becomes known */
  static start(
    cluster: Cluster,
    lab: LabObserver & LogSource & NodeClocks,
    onEvent: (event: NodeEvent) => void = () => {},
  ): LabWatch {
    return new LabWatch(cluster, lab, onEvent);
  }

  /** What is known by now, in the order of time. @throws what has ended the watch */
  eventsSoFar(): NodeEvent[] {
    if (this.failure) throw this.failure;
    return this.events.toSorted((one, other) => one.atMs - other.atMs);
  }

  /** @param wallClockMs ms since 1970: what has happened before is known no more @throws what has ended the watch */
  forgetBefore(wallClockMs: number): void {
    if (this.failure) throw this.failure;
    this.events = this.events.filter(({ atMs }) => atMs >= wallClockMs);
  }

  /** @throws what has ended the watch before */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  private async followNode(node: string, sinceMs: number): Promise<void> {
    const offsetMs = await this.lab.clockOffsetMs(node);
    const follow = (service: (typeof TELLING_SERVICES)[number]) => {
      const take = (line: string) => {
        const told = nodeEventIn(node, service, line);
        if (!told) return;
        const event = { ...told, atMs: told.atMs - offsetMs };
        this.events.push(event);
        this.onEvent(event);
      };
      return this.lab.writeLogs(node, service, lineStream(take), {
        ...{ follow: true, tail: TAIL_LINES, sinceMs: sinceMs + offsetMs },
        ...{ timestamps: true, requests: false, signal: this.stopping.signal },
      });
    };
    await Promise.all(TELLING_SERVICES.map(follow));
  }
}
