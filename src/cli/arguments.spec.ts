import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { editedCluster, editedClusterYaml } from '../cluster/testing/edited-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { nodeNamed } from '../cluster/cluster.js';
import { Context, type ContextSource, serviceNamed } from './context.js';
import { drillCommand } from './drill.js';
import { logsCommand } from './logs.js';
import { probeCommand } from './probe.js';
import { renderCommand } from './render.js';
import { settingsFrom } from './settings.js';
import { killCommand, restartCommand, startCommand, stopCommand } from './service-control.js';
import { watchCommand } from './watch.js';

/* What the commands refuse before they ask an engine, and what they do without one. */

let folder: string;
let context: Context;
const contextOf = () => context;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  context = new Context(settingsFrom({ HA_DEMO_WORKSPACE: folder }, 'containers'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What a user reads when the command refuses its arguments. */
async function refusalOf(command: Command, args: string[]): Promise<string> {
  let written = '';
  command.exitOverride().configureOutput({ writeErr: (text) => (written += text) });
  const error: unknown = await command.parseAsync(args, { from: 'user' }).then(
    () => new Error('was accepted'),
    (reason: unknown) => reason,
  );
  return error instanceof InvalidInputError ? error.message : written.trimEnd();
}

const SERVICE_RULE = 'must be one of app, haproxy, keepalived';
const SERVICE_OR_NODE_RULE = `${SERVICE_RULE}, node`;
const INTERVAL_RULE = 'must be a duration from 10ms to 60s, such as 250ms';
const COUNT_RULE = 'must be a whole number from 1 to 9999999';
const TAIL_RULE = 'must be a whole number from 0 to 999999';

describe('a command refuses', () => {
  it.each<[string, (contextOf: ContextSource) => Command, string[], string]>([
    ['an unknown service to stop', stopCommand, ['nginx', 'frontend-01'], `service: nginx ${SERVICE_OR_NODE_RULE}`],
    ['an unknown service to start', startCommand, ['nginx', 'frontend-01'], `service: nginx ${SERVICE_OR_NODE_RULE}`],
    [
      'an unknown service to restart',
      restartCommand,
      ['nginx', 'frontend-01'],
      `service: nginx ${SERVICE_OR_NODE_RULE}`,
    ],
    ['an unknown service to kill', killCommand, ['', 'frontend-01'], `service:  ${SERVICE_OR_NODE_RULE}`],
    ['a missing node', stopCommand, ['haproxy'], "error: missing required argument 'node'"],
    ['one argument too many', stopCommand, ['haproxy', 'frontend-01', 'now'], 'error: too many arguments. Expected 2'],
    ['an unknown flag', stopCommand, ['haproxy', 'frontend-01', '--now'], "error: unknown option '--now'"],
    ['the logs of an unknown service', logsCommand, ['frontend-01', 'nginx'], `service: nginx ${SERVICE_RULE}`],
    ['to show a negative number of lines', logsCommand, ['frontend-01', '--tail=-1'], TAIL_RULE],
    ['to show some lines', logsCommand, ['frontend-01', '-n', 'some'], TAIL_RULE],
    ['to show 1e3 lines', logsCommand, ['frontend-01', '-n', '1e3'], TAIL_RULE],
    ['an interval without unit', watchCommand, ['--interval', '500'], INTERVAL_RULE],
    ['an interval too short', watchCommand, ['--interval', '9ms'], INTERVAL_RULE],
    ['an interval too long', watchCommand, ['--interval', '61s'], INTERVAL_RULE],
    ['a count of zero', watchCommand, ['--count', '0'], COUNT_RULE],
    ['a broken count', watchCommand, ['--count', '1.5'], COUNT_RULE],
    ['a soak of nothing', drillCommand, ['--soak', '0'], '--soak: "0" must be a whole number from 1 to 10000'],
    ['a soak of some faults', drillCommand, ['--soak', 'some'], '--soak: "some" must be a whole number'],
    ['a broken seed', drillCommand, ['--soak', '3', '--seed', '-1'], '--seed: "-1" must be a whole number'],
    ['a soak of one fault', drillCommand, ['kill-app', '--soak', '3'], 'fault: kill-app cannot be given with --soak'],
    [
      'a soak of one tier',
      drillCommand,
      ['--soak', '3', '--tier', 'backend'],
      "'--soak <n>' cannot be used with option",
    ],
    ['to probe an unknown tier', probeCommand, ['--tier', 'db'], '--tier: db must be one of frontend, backend'],
  ])('%s', async (_what, command, args, message) => {
    expect(await refusalOf(command(contextOf), args)).toContain(message);
  });

  it('to go on without a cluster.yaml', async () => {
    expect(await refusalOf(renderCommand(contextOf), [])).toBe(
      `${join(folder, 'cluster.yaml')}: cannot be read (ENOENT)`,
    );
  });

  it('to go on with a broken cluster.yaml, and writes nothing', async () => {
    await writeFile(join(folder, 'cluster.yaml'), editedClusterYaml({ 'ports.tier': 0 }));
    const out = join(folder, 'out');
    expect(await refusalOf(renderCommand(contextOf), ['--out', out])).toBe(
      `${join(folder, 'cluster.yaml')}: ports.tier: 0 must be a whole number from 1 to 65535`,
    );
    expect(await readdir(folder)).toEqual(['cluster.yaml']);
  });
});

describe('names', () => {
  it('finds a node of the cluster', () => {
    expect(nodeNamed(editedCluster(), 'backend-02')).toMatchObject({ name: 'backend-02', address: '192.168.99.22' });
  });

  it('lists the nodes there are when one is not', () => {
    const name = () => nodeNamed(editedCluster(), 'frontend-03');
    expect(name).toThrow(InvalidInputError);
    expect(name).toThrow(
      'node: frontend-03 is not in cluster.yaml; there are frontend-01, frontend-02, backend-01, backend-02',
    );
  });

  it.each(['app', 'haproxy', 'keepalived'])('knows the service %s', (name) => {
    expect(serviceNamed(name)).toBe(name);
  });

  it('does not take a node for a service', () => {
    expect(() => serviceNamed('node')).toThrow(`service: node ${SERVICE_RULE}`);
  });
});

describe('the name of the lab to take down', () => {
  it.each([
    ['a valid file', editedClusterYaml({ name: 'mine' })],
    ['a file that is not valid elsewhere', 'name: mine\nprofile: fast\n'],
    ['a file that is not even YAML elsewhere', 'name: mine\nlan: [\n'],
  ])('is read from %s', async (_what, text) => {
    await writeFile(join(folder, 'cluster.yaml'), text);
    expect(await context.labName()).toBe('mine');
  });

  it.each([
    ['is empty', ''],
    ['is a list', '- name: mine'],
    ['has another name', 'title: mine'],
    ['has a number for a name', 'name: 7'],
  ])('is missed when the file %s', async (_what, text) => {
    await writeFile(join(folder, 'cluster.yaml'), text);
    await expect(context.labName()).rejects.toThrow(InvalidInputError);
  });

  it('is missed when there is no file', async () => {
    await expect(context.labName()).rejects.toThrow('cluster.yaml: name: is missing');
  });
});
