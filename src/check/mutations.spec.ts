import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { LONGEST_FILE_BYTES, textOf } from '../configuration/source.js';
import { Random } from '../drill/random.js';
import { check } from './check.js';
import { clusterOf, type NodeFiles } from './cluster-of.js';
import { checkJson } from '../report/check/json.js';
import { readCluster } from './read-cluster.js';

/* Whatever becomes of files that were valid: no crash, no hang, and every place that is named exists. */

const FOLDER = join(import.meta.dirname, 'testing', 'clusters');
const COUNT = 1000;
const LONGEST_MS = 1000;
/** Of a file that is as large as one may be. */
const LARGEST_MS = 3000;

type Mutation = (lines: string[], random: Random) => string;

const at = (lines: string[], random: Random) => Math.floor(random.next() * lines.length);
const rubbish = (random: Random, length: number) => Uint8Array.from({ length }, () => Math.floor(random.next() * 256));

const MUTATIONS: Record<string, Mutation> = {
  'a line deleted': (lines, random) => lines.toSpliced(at(lines, random), 1).join('\n'),
  'a line doubled': (lines, random) => lines.toSpliced(at(lines, random), 0, lines[at(lines, random)]!).join('\n'),
  'two lines swapped': (lines, random) => {
    const [one, other] = [at(lines, random), at(lines, random)];
    return lines.with(one, lines[other]!).with(other, lines[one]!).join('\n');
  },
  'a line cut': (lines, random) => {
    const line = at(lines, random);
    return lines.with(line, lines[line]!.slice(0, Math.floor(random.next() * lines[line]!.length))).join('\n');
  },
  'the end cut off': (lines, random) => {
    const text = lines.join('\n');
    return text.slice(0, Math.floor(random.next() * text.length));
  },
  'rubbish in it': (lines, random) => lines.toSpliced(at(lines, random), 0, textOf(rubbish(random, 200))).join('\n'),
  'nothing but rubbish': (_lines, random) => textOf(rubbish(random, 5000)),
  'a sign changed': (lines, random) => {
    const text = lines.join('\n');
    const where = Math.floor(random.next() * text.length);
    return (
      text.slice(0, where) +
      random.pick(['{', '}', '"', '\\', '#', '!', '$', '@', '~', ' ', '\0', '9', '-']) +
      text.slice(where + 1)
    );
  },
  'deep braces': (lines, random) => lines.toSpliced(at(lines, random), 0, 'a {'.repeat(1000)).join('\n'),
  'a long line': (lines, random) => lines.toSpliced(at(lines, random), 0, 'x "$a ${a} '.repeat(2000)).join('\n'),
  'a definition of itself': (lines) => ['$a=${a}${a}', '$b=x\\', '${b}${b}\\', '', '${a} ${b} $b', ...lines].join('\n'),
  'returns before line ends': (lines) => lines.join('\r\n'),
  'a byte order mark': (lines) => `\u{feff}${lines.join('\n')}`,
  'no last line end': (lines) => lines.join('\n').trimEnd(),
  'Latin-1': (lines) => textOf(Buffer.from(`# \u{e9}\u{fc}\n${lines.join('\n')}`, 'latin1')),
};

it(`${COUNT} mutations`, async () => {
  const random = new Random(20);
  const names = await readdir(FOLDER);
  const files = new Map<string, string>();
  for (const name of names)
    for (const path of ['lb1/keepalived.conf', 'lb2/keepalived.conf', 'haproxy.cfg'])
      files.set(`${name}/${path}`, await readFile(join(FOLDER, name, path), 'utf8'));
  for (let count = 0; count < COUNT; count++) {
    const name = random.pick(names);
    const mutated = `${name}/${random.pick(['lb1/keepalived.conf', 'lb2/keepalived.conf', 'haproxy.cfg'])}`;
    const how = random.pick(Object.keys(MUTATIONS));
    const texts = new Map(files).set(mutated, MUTATIONS[how]!(files.get(mutated)!.split('\n'), random));
    const node = (node: string): NodeFiles => ({
      ...{ name: node, folder: undefined, keepalived: `${name}/${node}/keepalived.conf`, haproxy: undefined },
      all: new Map([...texts].filter(([path]) => path.startsWith(`${name}/${node}/`))),
    });
    const startedAt = process.cpuUsage();
    const cluster = clusterOf([node('lb1'), node('lb2')], texts, `${name}/haproxy.cfg`);
    const report = check(cluster);
    const json = checkJson(report, cluster);
    const context = `${count}: ${how} in ${mutated}`;
    expect({ context, isSlow: process.cpuUsage(startedAt).user / 1000 > LONGEST_MS }).toEqual({
      context,
      isSlow: false,
    });
    expect(json.length).toBeLessThan(1_000_000);
    for (const { position } of [...report.findings, ...report.notUnderstood]) {
      const lines = texts.get(position.file)?.split('\n').length ?? 0;
      expect({ context, ...position, exists: position.line >= 1 && position.line <= lines }).toMatchObject({
        exists: true,
      });
    }
  }
}, 60_000);

it.each(['a {', 'x "$a ${a} ', '}{', '~SEQ(a, 1, 1000) ', '$a=$a$a\n$a', '\\"', '\n'])('a file full of %j', (piece) => {
  const text = piece.repeat(Math.floor(LONGEST_FILE_BYTES / piece.length));
  const texts = new Map([
    ['keepalived.conf', text],
    ['haproxy.cfg', text],
  ]);
  const startedAt = process.cpuUsage();
  check(
    clusterOf(
      [{ name: 'lb1', folder: undefined, keepalived: 'keepalived.conf', haproxy: 'haproxy.cfg', all: texts }],
      texts,
    ),
  );
  expect(process.cpuUsage(startedAt).user / 1000).toBeLessThan(LARGEST_MS);
});

it('a file of 10 MB is refused in a line that names it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'check-'));
  try {
    await writeFile(join(folder, 'keepalived.conf'), 'a {\n'.repeat(2_500_000));
    await expect(readCluster([folder])).rejects.toThrow(
      /keepalived\.conf: \d+ KiB; a configuration has at most 512 KiB$/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
