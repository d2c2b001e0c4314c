/** A node's part in a virtual router, as its keepalived is configured. */
export interface Router {
  /** Unique in an election. */
  id: string;
  node: string;
  /** Routers of one virtual router elect a master among them. */
  virtualRouter: string;
  version: 2 | 3;
  /** 1 to 255, before checks raise or lower it. */
  priority: number;
  advertisementIntervalMs: number;
  /** Missed adverts after which a master is down; 3 in the RFCs. */
  downTimerAdverts: number;
  preempts: boolean;
  preemptDelayMs: number;
  /** Whether a master tells one with a lower priority at once that it is there. */
  answersLowerPriority: boolean;
  /** Of two with the same priority, the one with the higher rank is the master: the order of their addresses. */
  rank: number;
  /** Instances of one node that change their state together. */
  syncGroup: string | undefined;
  /** Whether adverts of another router arrive, and are not discarded: version, interval, password, peers. */
  hears: (sender: Router) => boolean;
}
