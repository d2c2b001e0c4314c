import { describe, expect, it } from '@jest/globals';
import { Election } from './election.js';
import type { Router } from './router.js';

function router(node: string, priority: number, others: Partial<Router> = {}): Router {
  return {
    id: node,
    node,
    virtualRouter: '61',
    version: 2,
    priority,
    advertisementIntervalMs: 1000,
    downTimerAdverts: 3,
    preempts: true,
    preemptDelayMs: 0,
    answersLowerPriority: true,
    rank: 0,
    syncGroup: undefined,
    hears: () => true,
    ...others,
  };
}

/** After half a minute, when nothing changes any more. */
function settled(...routers: Router[]): Election {
  const election = new Election(routers);
  election.advanceTo(30_000);
  return election;
}

/** Who is master, and since when after the moment. */
function masterAfter(election: Election, sinceMs: number): [string | undefined, number | undefined] {
  election.advanceTo(sinceMs + 30_000);
  const [id] = election.mastersOf('61');
  const change = election.changes.filter((one) => one.id === id && one.isMaster && one.atMs >= sinceMs).at(-1);
  return [id, change && Math.round(change.atMs - sinceMs)];
}

describe('Election', () => {
  it('makes the highest priority the master, after its master down interval', () => {
    const election = settled(router('lb1', 110), router('lb2', 100), router('lb3', 90));
    expect(election.changes).toEqual([{ atMs: 3000 + (146 / 256) * 1000, id: 'lb1', isMaster: true }]);
  });

  it('gives the virtual IP to the next one after a goodbye in the skew time, after silence in the master down interval', () => {
    for (const [act, ms] of [
      ['stop', 609],
      ['silence', 3609],
    ] as const) {
      const election = settled(router('lb1', 110), router('lb2', 100), router('lb3', 90));
      election.advanceTo(election.nextAdvertAtMs('lb1'));
      const { nowMs } = election;
      election[act]('lb1');
      expect(masterAfter(election, nowMs)).toEqual(['lb2', ms]);
    }
  });

  it('with version 3 goes by the interval of the master', () => {
    const election = settled(
      router('lb1', 200, { version: 3, advertisementIntervalMs: 100 }),
      router('lb2', 199, { version: 3, advertisementIntervalMs: 1000 }),
    );
    election.advanceTo(election.nextAdvertAtMs('lb1'));
    const { nowMs } = election;
    election.silence('lb1');
    expect(masterAfter(election, nowMs)).toEqual(['lb2', 322]);
  });

  it('moves with a lowered priority once the other discards adverts, and not with nopreempt', () => {
    for (const preempts of [true, false]) {
      const election = settled(router('lb1', 101), router('lb2', 100, { preempts }));
      election.advanceTo(election.nextAdvertAtMs('lb1'));
      const { nowMs } = election;
      election.changePriority('lb1', -2);
      expect(masterAfter(election, nowMs)).toEqual(preempts ? ['lb2', 3609] : ['lb1', undefined]);
      expect(election.mastersOf('61')).toHaveLength(1);
    }
  });

  it('never lowers the priority of an owner, and keeps others between 1 and 254', () => {
    const election = settled(router('lb1', 255), router('lb2', 100));
    election.changePriority('lb1', -200);
    election.changePriority('lb2', -200);
    expect([election.priorityOf('lb1'), election.priorityOf('lb2')]).toEqual([255, 1]);
    election.changePriority('lb2', 400);
    expect(election.priorityOf('lb2')).toBe(254);
  });

  it('waits with a preemption as long as preempt_delay says', () => {
    const election = settled(router('lb1', 110, { preemptDelayMs: 10_000 }), router('lb2', 100));
    election.silence('lb1');
    election.advanceTo(60_000);
    election.start('lb1');
    const [id, ms] = masterAfter(election, 60_000);
    expect(id).toBe('lb1');
    expect(ms).toBeGreaterThan(10_000 + 2570);
    expect(ms).toBeLessThan(10_000 + 4571);
  });

  it('leaves a master that comes back a backup, when it may not preempt', () => {
    const election = settled(router('lb1', 110, { preempts: false }), router('lb2', 100, { preempts: false }));
    election.silence('lb1');
    election.advanceTo(60_000);
    election.start('lb1');
    election.advanceTo(120_000);
    expect(election.mastersOf('61')).toEqual(['lb2']);
  });

  it('has two masters where one does not hear the other', () => {
    const deaf = settled(router('lb1', 110), router('lb2', 100, { hears: () => false }));
    expect(deaf.mastersOf('61')).toEqual(['lb1', 'lb2']);
    const mute = settled(router('lb1', 110, { hears: () => false }), router('lb2', 100));
    expect(mute.mastersOf('61')).toEqual(['lb1']);
  });

  it('of two masters with the same priority leaves the one with the higher rank', () => {
    let isCut = true;
    const hears = () => !isCut;
    const election = settled(router('lb1', 100, { rank: 1, hears }), router('lb2', 100, { rank: 2, hears }));
    expect(election.mastersOf('61')).toEqual(['lb1', 'lb2']);
    isCut = false;
    election.advanceTo(60_000);
    expect(election.mastersOf('61')).toEqual(['lb2']);
  });

  it('changes the members of a sync group together', () => {
    const pair = (node: string, priority: number) => [
      router(node, priority, { syncGroup: 'G' }),
      router(node, priority, { id: `${node} inside`, virtualRouter: '62', syncGroup: 'G' }),
    ];
    const election = settled(...pair('lb1', 110), ...pair('lb2', 100));
    expect([election.mastersOf('61'), election.mastersOf('62')]).toEqual([['lb1'], ['lb1 inside']]);
    election.fault('lb1', 'link');
    expect(election.isInFault('lb1 inside')).toBe(true);
    election.advanceTo(60_000);
    expect([election.mastersOf('61'), election.mastersOf('62')]).toEqual([['lb2'], ['lb2 inside']]);
    election.recover('lb1', 'link');
    election.advanceTo(90_000);
    expect([election.mastersOf('61'), election.mastersOf('62')]).toEqual([['lb1'], ['lb1 inside']]);
  });

  it('stays in FAULT until every reason is gone', () => {
    const election = settled(router('lb1', 110), router('lb2', 100));
    election.fault('lb1', 'one');
    election.fault('lb1', 'other');
    election.recover('lb1', 'one');
    expect(election.isInFault('lb1')).toBe(true);
    election.recover('lb1', 'other');
    expect(election.isInFault('lb1')).toBe(false);
  });
});
