import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../../common/errors.js';
import { loadAppFaults } from './app-faults.js';

describe('loadAppFaults', () => {
  let directory: string;
  let path: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'app-faults-'));
    path = join(directory, 'app-faults.json');
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  function load(content: unknown) {
    writeFileSync(path, JSON.stringify(content));
    return loadAppFaults(path);
  }

  it('finds no faults where there is no file', () => {
    const faults = loadAppFaults(join(directory, 'none.json'));
    expect(faults).toEqual({ delayMs: 0, errorRate: 0 });
    expect(faults.inWords()).toBe('nothing is injected');
  });

  it.each([
    [{}, { delayMs: 0, errorRate: 0 }, 'nothing is injected'],
    [{ delayMs: 60_000 }, { delayMs: 60_000, errorRate: 0 }, 'answers 60000 ms later'],
    [{ errorRate: 1 }, { delayMs: 0, errorRate: 1 }, 'status 500 for 1 of the requests'],
    [
      { delayMs: 1, errorRate: 0.25, errorPath: '/backend/poison' },
      { delayMs: 1, errorRate: 0.25, errorPath: '/backend/poison' },
      'answers 1 ms later, status 500 for 0.25 of the requests, status 500 at /backend/poison',
    ],
  ])('reads %j', (content, faults, words) => {
    expect(load(content)).toEqual(faults);
    expect(load(content).inWords()).toBe(words);
  });

  it.each([
    [{ delayMs: -1 }, 'delayMs: -1 must not be less than 0'],
    [{ delayMs: 60_001 }, 'delayMs: 60001 must not be greater than 60000'],
    [{ delayMs: 0.5 }, 'delayMs: 0.5 must be an integer number'],
    [{ delayMs: null }, 'delayMs: null must'],
    [{ errorRate: -0.1 }, 'errorRate: -0.1 must not be less than 0'],
    [{ errorRate: 1.1 }, 'errorRate: 1.1 must not be greater than 1'],
    [{ errorRate: '1' }, 'errorRate: "1" must'],
    [{ errorPath: 'backend' }, 'errorPath: "backend" must be a path of a tier such as /backend/poison'],
    [{ errorPath: '/health/ready' }, 'errorPath: "/health/ready" must be a path of a tier'],
    [{ errorPath: '/backend?x' }, 'errorPath: "/backend?x" must be a path of a tier'],
    [{ latencyMs: 1 }, 'latencyMs: is not a known field'],
    [[], 'must be an object with delayMs, errorRate and errorPath'],
  ])('refuses %j', (content, message) => {
    expect(() => load(content)).toThrow(InvalidInputError);
    expect(() => load(content)).toThrow(`${path}: ${message}`);
  });
});
