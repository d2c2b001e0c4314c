import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { InvalidInputError } from '../../common/errors.js';
import type { Engine } from './docker-engine.js';
import { inspected } from './images.js';

/** A configuration that one of the programs is to test, and the host that it thinks it is on. */
export interface ProgramTest {
  program: 'haproxy' | 'keepalived';
  /** Absolute path -> text. */
  files: ReadonlyMap<string, string>;
  /** The file to test. */
  main: string;
  hostName: string;
  interfaces: string[];
  users: string[];
}

const TESTS = {
  haproxy: (main: string) => ['haproxy -v', `haproxy -c -f ${main}`],
  keepalived: (main: string) => ['keepalived --version', `keepalived --config-test --use-file ${main}`],
};
const TEST_BEGINS = '-- test --';

/**
 * Has HAProxy or keepalived of the images test a configuration, in a container of its own without a network.
 * @returns the version, such as 3.0.11, and what the program says of the configuration
 * @throws InvalidInputError when there is no such image
 * @throws Error when the container cannot be run
 */
export async function testWithProgram(
  engine: Engine,
  { program, files, main, hostName, interfaces, users }: ProgramTest,
): Promise<{ version: string; output: string }> {
  const image = `ha-demo/${program}`;
  if (!(await inspected(engine.getImage(image))))
    throw new InvalidInputError(`there is no image ${image} yet: ./ha-demo up builds it, and down leaves it`);
  const [askVersion, test] = TESTS[program](main);
  const script = [
    'put() { mkdir -p "${1%/*}" && base64 --decode >"$1"; }',
    ...[...files].map(([path, content]) => `put ${quoted(path)} <<<'${Buffer.from(content).toString('base64')}'`),
    // keepalived takes no configuration that could be run, and no script that could not.
    `chmod 755 ${[...files.keys()]
      .filter((path) => !/\.(?:conf|cfg)$/.test(path))
      .map(quoted)
      .join(' ')} /tmp`,
    ...interfaces.map((name) => `ip link add ${quoted(name)} type bridge`),
    ...users.map((name) => `id -u ${name} >&- 2>&- || echo ${name}:x:10100:10100::/:/bin/false >>/etc/passwd`),
    ...users.map((name) => `getent group ${name} >&- || echo ${name}:x:10100: >>/etc/group`),
    `${askVersion} 2>&1`,
    `echo '${TEST_BEGINS}'`,
    `timeout 30 ${test} 2>&1`,
  ];
  const child = spawn(
    'docker',
    [
      ...['run', '--rm', '--interactive', '--network', 'none', '--hostname', hostName, '--user', 'root'],
      ...[
        '--cap-drop',
        'ALL',
        ...(program === 'keepalived' ? ['NET_ADMIN', 'SETUID', 'SETGID'].flatMap((name) => ['--cap-add', name]) : []),
      ],
      ...['--entrypoint', 'bash', image, '-s'],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  child.stdin.end(script.join('\n'));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const [version, output] = stdout.split(`${TEST_BEGINS}\n`);
  if (output === undefined) throw new Error(`a test with ${image} cannot be run: ${stderr.trim() || stdout.trim()}`);
  return { version: /(?:version |Keepalived v)(\d[\d.]*)/.exec(version!)?.[1] ?? 'unknown', output };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
