import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { configurationState } from './configuration.js';
import type { ServiceCondition } from './lab.js';
import type { ReportedConfiguration } from '../node/node-report.js';
import { aNodeReport } from '../node/testing/a-node-report.js';
import { configurationIn, observationOf, toldBy } from './node-report.js';

const RENDERED: ReportedConfiguration = {
  manifest: ['abc  nodes/backend-01/haproxy.cfg'],
  haproxyIsStale: false,
  rendered: [
    { file: 'service.json', atSeconds: 10.5 },
    { file: 'keepalived.conf', atSeconds: 10.5 },
    { file: 'node.env', atSeconds: 20.5 },
  ],
  refused: [],
};
const OTHER = ['def  nodes/backend-01/haproxy.cfg'];
const CHANGED = 'cluster.yaml or the templates have changed since: ./ha-demo up';

interface Inputs {
  today?: string[];
  app?: number;
  keepalived?: number;
  haproxy?: ServiceCondition;
}

function stateOf(
  files: ReportedConfiguration | undefined,
  { today = RENDERED.manifest, app = 30_000, keepalived = 30_000, haproxy = 'up' }: Inputs = {},
) {
  const told = toldBy(files ? aNodeReport({ configuration: files }) : '');
  const services = { app: 'up', haproxy, keepalived: 'up' } as const;
  const configuration = configurationIn(told, { app, keepalived });
  return configurationState(
    { ...observationOf(editedCluster(), 'backend-01', 'on', services, told), ...(configuration && { configuration }) },
    today,
  );
}

it.each([
  ['all that is rendered is in use', stateOf(RENDERED), 'current', []],
  ['cluster.yaml has changed', stateOf(RENDERED, { today: OTHER }), 'older', [CHANGED]],
  [
    'services started before their files were rendered',
    stateOf({ ...RENDERED, haproxyIsStale: true }, { app: 10_000, keepalived: 11_000 }),
    'older',
    ['what is rendered is newer than what app and haproxy and keepalived started with'],
  ],
  [
    'a service that is down runs on nothing',
    stateOf({ ...RENDERED, haproxyIsStale: true }, { haproxy: 'down' }),
    'current',
    [],
  ],
  [
    'HAProxy has refused a file, so that it is older as well, which is one reason',
    stateOf(
      {
        ...{ ...RENDERED, haproxyIsStale: true },
        refused: [{ file: 'haproxy.cfg', reason: 'parsing [x:3] : unknown keyword' }],
      },
      { today: OTHER },
    ),
    'refused',
    ['haproxy.cfg is refused, the previous one is in use: parsing [x:3] : unknown keyword', CHANGED],
  ],
  ['the node does not tell', stateOf(undefined), 'unknown', []],
])('%s', (_what, seen, state, reasons) => {
  expect(seen).toEqual({ state, reasons });
});

it('is unknown when it was not asked for', () => {
  const observation = observationOf(
    editedCluster(),
    'backend-01',
    'on',
    { app: 'up', haproxy: 'up', keepalived: 'up' },
    {},
  );
  expect(configurationState(observation, []).state).toBe('unknown');
});
