import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { nodeEventIn } from '../../node-event.js';
import { movesTo } from './watched-addresses.js';

/* Lines as iproute2 6.1 prints them. */
const PRINTED = `[2026-11-30T09:00:00.123456] 3: eth1    inet 10.20.30.100/24 scope global secondary eth1\\       valid_lft forever preferred_lft forever
[2026-11-30T09:00:01.000001] 3: eth1    inet 10.20.30.7/24 brd 10.20.30.255 scope global dynamic eth1\\       valid_lft 3600sec preferred_lft 3600sec
[2026-11-30T09:00:02.654321] Deleted 3: eth1    inet 10.20.30.100/24 scope global secondary eth1\\       valid_lft forever preferred_lft forever
`;

it('tells who has the virtual IP as events of VRRP, and of other addresses nothing', async () => {
  const output = new PassThrough();
  const watched = movesTo(output, '10.20.30.100');
  for (const piece of [PRINTED.slice(0, 40), PRINTED.slice(40)]) watched.write(piece);
  output.end();
  const lines = (await text(output)).split('\n').filter(Boolean);
  expect(lines.map((line) => nodeEventIn('lb1', 'keepalived', line))).toEqual([
    { event: 'vrrp', node: 'lb1', atMs: Date.parse('2026-11-30T09:00:00.123Z'), state: 'MASTER' },
    { event: 'vrrp', node: 'lb1', atMs: Date.parse('2026-11-30T09:00:02.654Z'), state: 'BACKUP' },
  ]);
});
