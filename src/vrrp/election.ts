import { vrrpTimers } from '../cluster/vrrp-timers.js';
import { effective, type Member, OWNER } from './member.js';
import type { Router } from './router.js';

/** A router has become master, or ceased to be. */
export interface MasterChange {
  atMs: number;
  id: string;
  isMaster: boolean;
}

/**
 * Who is master, by keepalived's own rules (keepalived/vrrp/vrrp.c: vrrp_state_backup, vrrp_state_master_rx; RFC 5798, section 6.4;
 * RFC 3768 for version 2), in simulated time. Adverts arrive at once, and nothing takes time but the timers.
 */
export class Election {
  nowMs = 0;
  /** More has happened than is simulated: nothing is known any more. */
  isGivenUp = false;
  readonly changes: MasterChange[] = [];
  private readonly members: Map<string, Member>;

  /** All routers start at once, as backups. */
  constructor(routers: Router[]) {
    this.members = new Map(
      routers.map((router): [string, Member] => [
        router.id,
        {
          router,
          state: 'OFF',
          priority: router.priority,
          masterIntervalMs: router.advertisementIntervalMs,
          timerAtMs: Infinity,
          preemptsFromMs: undefined,
          wantsMaster: false,
          faults: new Set<string>(),
        },
      ]),
    );
    for (const { id } of routers) this.start(id);
  }

  /** The same moment once more; what happens to one does not happen to the other. */
  copy(): Election {
    const copy = new Election([]);
    copy.nowMs = this.nowMs;
    copy.isGivenUp = this.isGivenUp;
    copy.changes.push(...this.changes);
    for (const [id, member] of this.members) copy.members.set(id, { ...member, faults: new Set(member.faults) });
    return copy;
  }

  /** Ids of the routers that are master; `OFF` ones are not. */
  mastersOf(virtualRouter: string): string[] {
    return [...this.members.values()]
      .filter(({ router, state }) => router.virtualRouter === virtualRouter && state === 'MASTER')
      .map(({ router }) => router.id);
  }

  /** When a master sends its next advert. */
  nextAdvertAtMs(id: string): number {
    return this.member(id).timerAtMs;
  }

  /** Lets time pass, and what is due in it happen; `stopsBefore` leaves what is due at `untilMs` itself for later. */
  advanceTo(untilMs: number, { stopsBefore = false } = {}): void {
    for (let events = 0; ; events++) {
      this.isGivenUp ||= events >= MOST_EVENTS;
      const next = this.isGivenUp ? undefined : this.nextDue();
      if (!next || next.timerAtMs > untilMs || (stopsBefore && next.timerAtMs === untilMs)) break;
      this.nowMs = next.timerAtMs;
      this.expire(next);
    }
    this.nowMs = untilMs;
  }

  start(id: string): void {
    const member = this.member(id);
    member.faults.clear();
    this.toBackup(member);
    // An owner does not wait (vrrp_scheduler.c: vrrp_init_state).
    if (member.router.priority === OWNER) member.timerAtMs = this.nowMs;
  }

  /** It says goodbye with priority 0. */
  stop(id: string): void {
    this.leave(this.member(id), 'OFF', { saysGoodbye: true });
  }

  /** It says nothing any more. */
  silence(id: string): void {
    this.leave(this.member(id), 'OFF', { saysGoodbye: false });
  }

  /** @param options `saysGoodbye`: whether the others hear of it, which they do not when the link is down */
  fault(id: string, reason: string, { saysGoodbye = true } = {}): void {
    for (const member of this.group(this.member(id))) {
      if (member.state === 'OFF') continue;
      member.faults.add(`${id} ${reason}`);
      if (member.state !== 'FAULT') this.leave(member, 'FAULT', { saysGoodbye });
    }
  }

  recover(id: string, reason: string): void {
    for (const member of this.group(this.member(id))) {
      member.faults.delete(`${id} ${reason}`);
      if (member.state === 'FAULT' && member.faults.size === 0) this.toBackup(member);
    }
  }

  /** Checks raise or lower a priority; one of 255 stays (vrrp_track.c: vrrp_set_effective_priority). */
  changePriority(id: string, by: number): void {
    const member = this.member(id);
    if (member.router.priority === OWNER) return;
    const before = this.timersOf(member).masterDownIntervalMs;
    member.priority += by;
    if (member.state === 'BACKUP') member.timerAtMs += this.timersOf(member).masterDownIntervalMs - before;
  }

  /** With what checks add to it. */
  priorityOf(id: string): number {
    return effective(this.member(id));
  }

  isInFault(id: string): boolean {
    return this.member(id).state === 'FAULT';
  }

  private member(id: string): Member {
    return this.members.get(id)!;
  }

  /** The members of its node's sync group; itself alone without one. */
  private group({ router }: Member): Member[] {
    if (router.syncGroup === undefined) return [this.member(router.id)];
    return [...this.members.values()].filter(
      (other) => other.router.node === router.node && other.router.syncGroup === router.syncGroup,
    );
  }

  private nextDue(): Member | undefined {
    let due: Member | undefined;
    for (const member of this.members.values())
      if (member.timerAtMs < Infinity && (!due || member.timerAtMs < due.timerAtMs)) due = member;
    return due;
  }

  private expire(member: Member): void {
    if (member.state === 'MASTER') return this.advertise(member);
    member.wantsMaster = true;
    const group = this.group(member);
    if (group.some(({ state, wantsMaster }) => state !== 'MASTER' && !(state === 'BACKUP' && wantsMaster))) {
      member.timerAtMs = this.nowMs + this.timersOf(member).masterDownIntervalMs;
      return;
    }
    for (const one of group) if (one.state !== 'MASTER') this.toMaster(one);
  }

  private toMaster(member: Member): void {
    member.state = 'MASTER';
    member.masterIntervalMs = member.router.advertisementIntervalMs;
    this.changes.push({ atMs: this.nowMs, id: member.router.id, isMaster: true });
    this.advertise(member);
  }

  private toBackup(member: Member): void {
    if (member.state === 'MASTER') this.changes.push({ atMs: this.nowMs, id: member.router.id, isMaster: false });
    member.state = 'BACKUP';
    member.wantsMaster = false;
    member.preemptsFromMs = undefined;
    member.timerAtMs = this.nowMs + this.timersOf(member).masterDownIntervalMs;
  }

  private leave(member: Member, state: 'FAULT' | 'OFF', { saysGoodbye }: { saysGoodbye: boolean }): void {
    const wasMaster = member.state === 'MASTER';
    member.state = state;
    member.wantsMaster = false;
    member.timerAtMs = Infinity;
    member.masterIntervalMs = member.router.advertisementIntervalMs;
    if (!wasMaster) return;
    this.changes.push({ atMs: this.nowMs, id: member.router.id, isMaster: false });
    if (saysGoodbye) this.send(member, 0);
  }

  private advertise(member: Member): void {
    member.timerAtMs = this.nowMs + member.router.advertisementIntervalMs;
    this.send(member, effective(member));
  }

  private send(sender: Member, priority: number): void {
    for (const receiver of this.members.values()) {
      if (receiver === sender || receiver.router.virtualRouter !== sender.router.virtualRouter) continue;
      if (!receiver.router.hears(sender.router)) continue;
      if (receiver.state === 'BACKUP') this.heardByBackup(receiver, sender, priority);
      else if (receiver.state === 'MASTER') this.heardByMaster(receiver, sender, priority);
    }
  }

  private heardByBackup(backup: Member, sender: Member, priority: number): void {
    if (priority === 0) {
      backup.timerAtMs = this.nowMs + this.timersOf(backup).skewTimeMs;
      return;
    }
    const { preempts, preemptDelayMs } = backup.router;
    const isLower = priority < effective(backup);
    const waits = preemptDelayMs > 0 && (backup.preemptsFromMs === undefined || backup.preemptsFromMs > this.nowMs);
    if (preempts && isLower && !waits) return;
    if (backup.router.version === 3) backup.masterIntervalMs = sender.router.advertisementIntervalMs;
    if (!isLower) backup.preemptsFromMs = undefined;
    else if (preemptDelayMs > 0) backup.preemptsFromMs ??= this.nowMs + preemptDelayMs;
    backup.wantsMaster = false;
    backup.timerAtMs = this.nowMs + this.timersOf(backup).masterDownIntervalMs;
  }

  private heardByMaster(master: Member, sender: Member, priority: number): void {
    if (priority === 0) return this.send(master, effective(master));
    const isHigher =
      priority > effective(master) || (priority === effective(master) && sender.router.rank > master.router.rank);
    if (isHigher) {
      if (master.router.version === 3) master.masterIntervalMs = sender.router.advertisementIntervalMs;
      for (const member of this.group(master)) if (member.state === 'MASTER') this.toBackup(member);
    } else if (master.router.answersLowerPriority) this.send(master, effective(master));
  }

  private timersOf(member: Member) {
    const { version, downTimerAdverts } = member.router;
    const { skewTimeMs } = vrrpTimers(version, member.masterIntervalMs, effective(member));
    return { skewTimeMs, masterDownIntervalMs: downTimerAdverts * member.masterIntervalMs + skewTimeMs };
  }
}

/** More than any election needs that ends. */
const MOST_EVENTS = 100_000;
