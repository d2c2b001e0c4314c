import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { configurationState } from './configuration.js';
import type { ServiceCondition } from './lab.js';
import { configurationIn, observationOf, parseReport } from './node-report.js';

const RENDERED = 'digest abc\nrendered service.json 10.5\nrendered keepalived.conf 10.5\nrendered node.env 20.5\n';
const CHANGED = 'cluster.yaml or the templates have changed since: ./ha-demo up';

interface Inputs {
  today?: string;
  app?: number;
  keepalived?: number;
  haproxy?: ServiceCondition;
}

function stateOf(output: string, { today = 'abc', app = 30_000, keepalived = 30_000, haproxy = 'up' }: Inputs = {}) {
  const report = parseReport(output);
  const services = { app: 'up', haproxy, keepalived: 'up' } as const;
  const configuration = configurationIn(report, { app, keepalived });
  return configurationState(
    { ...observationOf(editedCluster(), 'backend-01', 'on', services, report), configuration },
    today,
  );
}

it.each([
  ['all that is rendered is in use', stateOf(RENDERED), 'current', []],
  ['cluster.yaml has changed', stateOf(RENDERED, { today: 'def' }), 'older', [CHANGED]],
  [
    'services started before their files were rendered',
    stateOf(`${RENDERED}stale haproxy\n`, { app: 10_000, keepalived: 11_000 }),
    'older',
    ['what is rendered is newer than what app and haproxy and keepalived started with'],
  ],
  ['a service that is down runs on nothing', stateOf(`${RENDERED}stale haproxy\n`, { haproxy: 'down' }), 'current', []],
  [
    'HAProxy has refused a file, so that it is older as well, which is one reason',
    stateOf(`${RENDERED}stale haproxy\nrefused haproxy.cfg parsing [x:3] : unknown keyword\n`, { today: 'def' }),
    'refused',
    ['haproxy.cfg is refused, the previous one is in use: parsing [x:3] : unknown keyword', CHANGED],
  ],
  ['the node does not tell', stateOf(''), 'unknown', []],
])('%s', (_what, seen, state, reasons) => {
  expect(seen).toEqual({ state, reasons });
});

it('is unknown when it was not asked for', () => {
  const observation = observationOf(
    editedCluster(),
    'backend-01',
    'on',
    { app: 'up', haproxy: 'up', keepalived: 'up' },
    [],
  );
  expect(configurationState(observation, 'abc').state).toBe('unknown');
});
