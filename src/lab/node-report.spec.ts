import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { observationOf, parseReport } from './node-report.js';

const UP = { app: 'up', haproxy: 'up', keepalived: 'up' } as const;
const observed = (output: string) => observationOf(editedCluster(), 'backend-01', 'on', UP, parseReport(output));

it('reads which detectors have fired, and when', () => {
  const { vrrpState, detectors } = observed(
    'vrrp-state FAULT\ndetector haproxy-gone 1764244801.250\ndetector haproxy-silent 1764244801.500\n',
  );
  expect(vrrpState).toBe('FAULT');
  expect(detectors).toEqual([
    { name: 'haproxy-gone', sinceMs: 1764244801250 },
    { name: 'haproxy-silent', sinceMs: 1764244801500 },
  ]);
  expect(observed('vrrp-state MASTER\n').detectors).toEqual([]);
});

it('reads whose adverts are refused', () => {
  expect(observed('foreign-advert 1764244801250 192.168.99.130 20 255\n').foreignAdverts).toEqual([
    { atMs: 1764244801250, source: '192.168.99.130', virtualRouterId: 20, priority: 255 },
  ]);
  expect(observed('vrrp-state MASTER\n').foreignAdverts).toEqual([]);
});

it('reads that nothing has a place in /run/ha-demo any more', () => {
  expect(observed('run-folder-free 0\n').runFolderFull).toBe(true);
  expect(observed('run-folder-free 1013\n').runFolderFull).toBeUndefined();
  expect(observed('').runFolderFull).toBeUndefined();
});
