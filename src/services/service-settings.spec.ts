import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../common/errors.js';
import { FrontendSettings, loadServiceSettings, ServiceSettings } from './service-settings.js';

const BACKEND = { node: 'backend-01', tier: 'backend', port: 3000, warmUpMs: 1500, drainMs: 600, closeTimeoutMs: 3000 };
const CALL = { url: 'http://192.168.99.20/backend', attemptTimeoutMs: 250, attempts: 3 };
const FRONTEND = {
  ...BACKEND,
  node: 'frontend-01',
  tier: 'frontend',
  backend: CALL,
  statistics: { port: 8080, publishedTierPort: 8010, publishedPort: 8011 },
};

describe('loadServiceSettings', () => {
  let directory: string;
  let path: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'service-settings-'));
    path = join(directory, 'service.json');
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  function load(text: string): ServiceSettings {
    writeFileSync(path, text);
    return loadServiceSettings(path);
  }

  function messageFor(text: string): string {
    try {
      load(text);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError);
      return (error as Error).message.replace(`${path}: `, '');
    }
    throw new Error('was accepted');
  }

  it('reads the settings of a backend', () => {
    const settings = load(JSON.stringify(BACKEND));
    expect(settings).toBeInstanceOf(ServiceSettings);
    expect(settings).toEqual(BACKEND);
  });

  it('reads the settings of a frontend', () => {
    const settings = load(JSON.stringify(FRONTEND));
    expect(settings).toBeInstanceOf(FrontendSettings);
    expect(settings).toEqual(FRONTEND);
  });

  it.each<[string, object, string]>([
    ['node of a wrong shape', { ...BACKEND, node: 'No 1' }, 'node: "No 1" must be 1 to 63 lower-case letters'],
    ['no node', { ...BACKEND, node: undefined }, 'node: is missing'],
    [
      'an odd tier',
      { ...BACKEND, tier: 'middle' },
      'tier: "middle" must be one of the following values: frontend, bac',
    ],
    ['no tier', { ...BACKEND, tier: undefined }, 'tier: is missing'],
    ['port 0', { ...BACKEND, port: 0 }, 'port: 0 must not be less than 1'],
    ['a port too high', { ...BACKEND, port: 65_536 }, 'port: 65536 must not be greater than 65535'],
    ['a port as text', { ...BACKEND, port: '3000' }, 'port: "3000" must'],
    ['a negative drain', { ...BACKEND, drainMs: -1 }, 'drainMs: -1 must not be less than 0'],
    ['a broken drain', { ...BACKEND, drainMs: 0.5 }, 'drainMs: 0.5 must be an integer number'],
    ['a short close', { ...BACKEND, closeTimeoutMs: 99 }, 'closeTimeoutMs: 99 must not be less than 100'],
    ['an unknown field', { ...BACKEND, prot: 80 }, 'prot: is not a known field'],
    ['a backend that calls itself', { ...BACKEND, backend: CALL }, 'backend: is not a known field'],
    ['a frontend without backend', { ...FRONTEND, backend: undefined }, 'backend: is missing'],
    ['backend as text', { ...FRONTEND, backend: 'x' }, 'backend: "x" must be an object with url,'],
    ['a list of backends', { ...FRONTEND, backend: [CALL] }, 'backend: [{"url":'],
    [
      'an odd url',
      { ...FRONTEND, backend: { ...CALL, url: 'backend' } },
      'backend.url: "backend" must be a URL such as',
    ],
    ['https', { ...FRONTEND, backend: { ...CALL, url: 'https://a/' } }, 'backend.url: "https://a/" must be a URL such'],
    ['no attempt', { ...FRONTEND, backend: { ...CALL, attempts: 0 } }, 'backend.attempts: 0 must not be less than 1'],
    [
      'a short attempt',
      { ...FRONTEND, backend: { ...CALL, attemptTimeoutMs: 9 } },
      'backend.attemptTimeoutMs: 9 must not be less than 10',
    ],
  ])('refuses %s', (_what, content, message) => {
    expect(messageFor(JSON.stringify(content))).toContain(message);
  });

  it('names several problems in one line', () => {
    const message = messageFor(JSON.stringify({ ...BACKEND, port: 0, drainMs: -1 }));
    expect(message).toBe('port: 0 must not be less than 1; drainMs: -1 must not be less than 0');
  });

  it.each(['[]', 'null', '42'])('refuses %s instead of an object', (text) => {
    expect(messageFor(text)).toContain('must be an object with node, tier, port,');
  });

  it('refuses what is not JSON', () => {
    expect(messageFor('{"node":')).toContain('cannot be read as JSON');
  });

  it('names a file that is not there', () => {
    expect(() => loadServiceSettings('/nowhere/service.json')).toThrow(/^\/nowhere\/service.json: .*ENOENT/);
  });
});
