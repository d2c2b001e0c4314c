import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { describeLabContract } from '../../../test/contract/lab-contract.js';
import { editedCluster } from '../../cluster/testing/edited-cluster.js';
import { InMemoryLab } from './in-memory-lab.js';

const cluster = editedCluster();
const lab = new InMemoryLab(cluster);
describeLabContract('A lab in memory', () => ({ lab, cluster }));

const statesOf = async (some: InMemoryLab) => (await some.observe()).slice(0, 2).map(({ vrrpState }) => vrrpState);
const holdersOf = async (some: InMemoryLab) =>
  (await some.observe()).filter(({ vipsHeld }) => vipsHeld.includes('192.168.99.10')).map(({ node }) => node);

describe('a lab in memory', () => {
  it('moves the virtual IP away from a node whose HAProxy is down, and back', async () => {
    const own = new InMemoryLab(cluster);
    await own.killService('frontend-01', 'haproxy');
    expect(await statesOf(own)).toEqual(['FAULT', 'MASTER']);
    expect(await holdersOf(own)).toEqual(['frontend-02']);
    await own.startService('frontend-01', 'haproxy');
    expect(await statesOf(own)).toEqual(['MASTER', 'BACKUP']);
  });

  it('leaves it where it is without preemption', async () => {
    const own = new InMemoryLab(editedCluster({ 'profiles.tuned.vrrp.preempt': false }));
    await own.stopService('frontend-01', 'keepalived');
    await own.startService('frontend-01', 'keepalived');
    expect(await statesOf(own)).toEqual(['BACKUP', 'MASTER']);
  });

  it('has two holders after a keepalived was killed, until it starts again', async () => {
    const own = new InMemoryLab(cluster);
    await own.killService('frontend-01', 'keepalived');
    expect(await holdersOf(own)).toEqual(['frontend-01', 'frontend-02']);
    await own.startService('frontend-01', 'keepalived');
    expect(await holdersOf(own)).toEqual(['frontend-01']);
  });

  it('suspends second chance while a peer is off', async () => {
    const own = new InMemoryLab(cluster);
    await own.killNode('frontend-02');
    expect((await own.observe()).map(({ secondChance }) => secondChance)).toEqual([
      'suspended',
      'unknown',
      'active',
      'active',
    ]);
  });

  it('follows a log until the signal', async () => {
    const own = new InMemoryLab(cluster);
    const output = new PassThrough().setEncoding('utf8');
    const stop = new AbortController();
    const following = own.writeLogs('frontend-02', 'keepalived', output, {
      follow: true,
      tail: 0,
      signal: stop.signal,
    });
    await own.stopService('frontend-01', 'haproxy');
    stop.abort();
    await following;
    expect(JSON.parse(output.read() as string)).toMatchObject({ node: 'frontend-02', state: 'MASTER', priority: 253 });
  });

  it('knows only the nodes of its cluster', async () => {
    await expect(new InMemoryLab(cluster).stopNode('frontend-09')).rejects.toThrow('frontend-09 is not in this lab');
  });
});
