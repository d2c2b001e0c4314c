import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { foreignRouters, parseHeardRouters, routerIdClash, routerList } from './heard-routers.js';

const heard = parseHeardRouters('10 192.168.99.12 253\n20 192.168.99.77 100\n51 192.168.99.78 1\n');

it('takes those that are no nodes for foreign', () => {
  expect(routerList(foreignRouters(editedCluster(), heard))).toBe('20 by 192.168.99.77, 51 by 192.168.99.78');
});

it('says which field has a router id that is taken', () => {
  expect(routerIdClash(editedCluster(), heard)).toBe(
    'cluster.yaml: tiers.backend.virtualRouterId: 20 is in use on the LAN by 192.168.99.77 (priority 100); choose another one',
  );
  expect(routerIdClash(editedCluster({ 'tiers.backend.virtualRouterId': 21 }), heard)).toBeUndefined();
});

it('lets a node of one tier not have the router id of the other', () => {
  const [node] = parseHeardRouters('20 192.168.99.12 253\n');
  expect(routerIdClash(editedCluster(), [node!])).toContain('20 is in use');
});
