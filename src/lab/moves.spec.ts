import { describe, expect, it } from '@jest/globals';
import { tierOf } from '../cluster/cluster.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import type { NodeReport } from '../node/node-report.js';
import { movesOfTier } from './moves.js';
import { aNodeReport } from '../node/testing/a-node-report.js';
import { observationOf, toldBy } from './node-report.js';

const UP = { app: 'up', haproxy: 'up', keepalived: 'up' } as const;
const cluster = editedCluster();

/** @param told what the nodes of the backend tier tell of their moves, a line each; `` for a node that is off */
const moves = (...told: string[]) =>
  movesOfTier(
    tierOf(cluster, 'backend'),
    told.map((lines, index) =>
      observationOf(cluster, `backend-0${index + 1}`, 'on', UP, toldBy(lines && aNodeReport(movesIn(lines)))),
    ),
  );

function movesIn(text: string): Pick<NodeReport, 'becameMaster' | 'gainedAtMs' | 'lost'> {
  const lines = text.split('\n').map((line) => line.split(' '));
  const of = (key: string) => lines.filter(([name]) => name === key);
  return {
    becameMaster: Number(of('became-master')[0]![1]),
    gainedAtMs: of('gained').map(([, atMs]) => Number(atMs)),
    lost: of('lost').map(([, atMs, reason]) => ({ atMs: Number(atMs), reason: reason! })),
  };
}

describe('movesOfTier', () => {
  it.each([
    ['a planned stop', 'lost 4990 haproxy-stopping', 'haproxy-stopping'],
    ['an advert with a higher priority, heard a little later', 'lost 5020 preemption', 'preemption'],
    ['a node that said nothing', '', 'peer silent'],
    ['a node that was MASTER until it heard the other one, much later', 'lost 9000 preemption', 'peer silent'],
  ])('says why the virtual IP has moved: %s', (_what, lost, reason) => {
    expect(moves(`became-master 1\ngained 1000\n${lost}`, 'became-master 1\ngained 5000')).toEqual({
      tier: 'backend',
      count: 2,
      last: [
        { atMs: 1000, from: null, to: 'backend-01', reason: 'start' },
        { atMs: 5000, from: 'backend-01', to: 'backend-02', reason },
      ],
      untold: [],
    });
  });

  it('shows the last three, and knows from where the first of them was', () => {
    const first = 'became-master 7\ngained 1000\nlost 2000 stop\ngained 3000\nlost 4000 haproxy-gone,haproxy-silent';
    const second = 'became-master 6\ngained 2001\nlost 3001 preemption\ngained 4001';
    const { count, last } = moves(first, second);
    expect(count).toBe(13);
    expect(last).toEqual([
      { atMs: 2001, from: 'backend-01', to: 'backend-02', reason: 'stop' },
      { atMs: 3000, from: 'backend-02', to: 'backend-01', reason: 'preemption' },
      { atMs: 4001, from: 'backend-01', to: 'backend-02', reason: 'haproxy-gone,haproxy-silent' },
    ]);
  });

  it('does not know what a node that is off would tell', () => {
    expect(moves('', 'became-master 1\ngained 5000')).toEqual({
      tier: 'backend',
      count: 1,
      last: [{ atMs: 5000, from: null, to: 'backend-02', reason: 'unknown' }],
      untold: ['backend-01'],
    });
  });

  it('does not know why a node became MASTER again when nobody else had', () => {
    expect(moves('became-master 2\ngained 1000\ngained 5000', '').last.at(-1)).toEqual({
      atMs: 5000,
      from: 'backend-01',
      to: 'backend-01',
      reason: 'unknown',
    });
  });

  it('has nothing to tell before the first election', () => {
    expect(moves('', '')).toEqual({ tier: 'backend', count: 0, last: [], untold: ['backend-01', 'backend-02'] });
  });
});
