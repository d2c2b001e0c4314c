import { expect, it } from '@jest/globals';
import { nodeEventIn } from './node-event.js';

const AT_MS = Date.UTC(2026, 0, 1, 0, 0, 1, 400);

it.each([
  ['UP, reason: Layer7 check passed', 'UP'],
  ['UP. 2 active and 0 backup servers online', 'UP'],
  ['DOWN, reason: Layer4 timeout', 'DOWN'],
])("reads HAProxy's notice that a server is %s", (notice, state) => {
  const line = `2026-01-01T00:00:01.400000000Z Server backend/backend-02 is ${notice}`;
  expect(nodeEventIn('backend-01', 'haproxy', line)).toEqual({
    ...{ event: 'server', node: 'backend-01', atMs: AT_MS, server: 'backend-02', state },
  });
});

it.each([
  ['a request', '{"path":"/backend is DOWN","server":"backend-01"}'],
  ['a warning of the same', '[WARNING]  (61) : Server backend/backend-01 is DOWN, reason: none'],
])('does not take %s for one', (_what, text) => {
  expect(nodeEventIn('backend-01', 'haproxy', `2026-01-01T00:00:01.400Z ${text}`)).toBeUndefined();
});

it("reads the state of a virtual router, with the entrypoint's own time", () => {
  const told = { time: '2026-01-01T00:00:01.400Z', node: 'backend-01', virtualRouter: 'backend', state: 'MASTER' };
  const line = `2026-01-01T00:00:01.450Z ${JSON.stringify(told)}`;
  expect(nodeEventIn('backend-01', 'keepalived', line)).toEqual({
    ...{ event: 'vrrp', node: 'backend-01', atMs: AT_MS, state: 'MASTER' },
  });
});

it.each([
  ['a line of keepalived', 'Thu Jan  1 00:00:02 2026: (backend) Entering FAULT STATE'],
  ['another line of the entrypoint', '{"time":"2026-01-01T00:00:01.400Z","level":"info","message":"reloaded"}'],
])('does not take %s for one', (_what, text) => {
  expect(nodeEventIn('backend-01', 'keepalived', `2026-01-01T00:00:01.400Z ${text}`)).toBeUndefined();
});
