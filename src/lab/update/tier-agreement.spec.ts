import { describe, expect, test } from '@jest/globals';
import { type Edits, editedCluster, nodes } from '../../cluster/testing/edited-cluster.js';
import { renderConfiguration } from '../../rendering/render.js';
import { disagreements } from './tier-agreement.js';

const TEMPLATES = new URL('../../../config-templates', import.meta.url).pathname;

const rendered = (edits: Edits) => renderConfiguration(editedCluster(edits), TEMPLATES);

describe('disagreements', () => {
  test.each<[string, Edits, Edits, string[]]>([
    ['nothing', {}, {}, []],
    ['a timer of version 3', {}, { 'profiles.tuned.vrrp.advertisementIntervalMs': 50 }, []],
    [
      'a timer of version 2',
      { profile: 'classic' },
      { profile: 'classic', 'profiles.classic.vrrp.advertisementIntervalMs': 2000 },
      ['advert_int 1 -> 2'],
    ],
    ['the router id', {}, { 'tiers.backend.virtualRouterId': 30 }, ['virtual_router_id 20 -> 30']],
    [
      'the virtual IP',
      {},
      { 'tiers.backend.virtualIp': '192.168.99.30' },
      ['virtual_ipaddress 192.168.99.20/32 -> 192.168.99.30/32'],
    ],
    ['multicast and unicast', {}, { 'profiles.tuned.vrrp.peers': 'unicast' }, ['unicast_peer none -> 192.168.99.22']],
    ['one node more', {}, { 'tiers.backend.nodes': nodes('backend', 3, 21) }, []],
    [
      "a peer's address",
      {},
      { 'tiers.backend.nodes.1.address': '192.168.99.25' },
      ['address of backend-02 192.168.99.22 -> 192.168.99.25'],
    ],
    ['the port of the service', {}, { 'ports.service': 3001 }, ['port of the service 3000 -> 3001']],
  ])('%s', async (_, before, after, expected) => {
    expect(disagreements('backend-01', await rendered(before), await rendered(after))).toEqual(expected);
  });

  test('a port that the service alone has is no agreement', async () => {
    const [before, after] = [await rendered({}), await rendered({})];
    const path = 'nodes/backend-01/service.json';
    after.set(path, after.get(path)!.replace('3000', '3999'));
    expect(disagreements('backend-01', before, after)).toEqual([]);
  });
});
