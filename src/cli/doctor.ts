import { execFile } from 'node:child_process';
import { freemem } from 'node:os';
import { promisify, styleText } from 'node:util';
import { Command } from 'commander';
import { connectToEngine } from '../lab/compose/docker-engine.js';
import { hearRouters, interfaceOnLan } from '../lab/compose/hear-routers.js';
import { IMAGES } from '../lab/compose/images.js';
import { lanClash, portClash } from '../lab/compose/preconditions.js';
import { foreignRouters, routerIdClash, routerList } from '../lab/heard-routers.js';
import type { Context, ContextSource } from './context.js';

/** What a check found: fine, or what is wrong and how to mend it. */
type Finding = { fine: string } | { wrong: string; mend: string };
type Check = { name: string; look: () => Promise<Finding> };

const LEAST_ENGINE = '20.10';
const LEAST_COMPOSE = '2.20';
const LEAST_FREE_MIB = 768;

export function doctorCommand(contextOf: ContextSource): Command {
  return new Command('doctor')
    .description('check everything that `up` needs, and say how to mend what is missing')
    .addHelpText('after', '\nExit code: 0 when nothing is missing, 1 otherwise.')
    .action(async () => {
      let wrong = 0;
      for (const { name, look } of checks(contextOf())) {
        const finding = await look().catch((error: Error): Finding => ({
          wrong: error.message,
          mend: 'see the message',
        }));
        if ('fine' in finding) {
          console.log(`  ${styleText('green', '✓')} ${name.padEnd(22)} ${finding.fine}`);
        } else {
          wrong += 1;
          console.log(
            `  ${styleText('red', '✗')} ${name.padEnd(22)} ${finding.wrong}\n    ${''.padEnd(22)} ${finding.mend}`,
          );
        }
      }
      console.log(wrong === 0 ? '\nNothing is missing: ./ha-demo up' : `\n${wrong} to mend`);
      process.exitCode = wrong === 0 ? 0 : 1;
    });
}

function checks(context: Context): Check[] {
  return [
    { name: 'cluster.yaml', look: () => clusterIsValid(context) },
    { name: 'Docker engine', look: () => engineAnswers(context) },
    { name: 'Docker Compose', look: composeIsNewEnough },
    { name: 'Docker buildx', look: buildxIsThere },
    { name: 'images', look: () => imagesAreThere(context) },
    { name: 'LAN', look: () => hostIsFree(context, lanClash) },
    { name: 'router ids on the LAN', look: () => routerIdsAreFree(context) },
    { name: 'ports on 127.0.0.1', look: () => hostIsFree(context, portClash) },
    { name: 'memory', look: memoryIsEnough },
  ];
}

async function clusterIsValid(context: Context): Promise<Finding> {
  const { name, profileName, tiers } = await context.cluster();
  return {
    fine: `${name}, profile ${profileName}, ${tiers.map((tier) => `${tier.nodes.length} ${tier.name} nodes`).join(', ')}`,
  };
}

async function engineAnswers(context: Context): Promise<Finding> {
  try {
    const { Version } = await (await connectToEngine(context.settings)).version();
    if (isAtLeast(Version, LEAST_ENGINE)) return { fine: Version };
    return { wrong: `${Version} is too old`, mend: `${LEAST_ENGINE} or newer is needed` };
  } catch (error) {
    return {
      wrong: `does not answer (${(error as Error).message.split('\n')[0]})`,
      mend: 'on Debian or Ubuntu, as root, ./ha-demo up installs and starts one; elsewhere install Docker Engine or Docker Desktop and start it',
    };
  }
}

async function composeIsNewEnough(): Promise<Finding> {
  const mend = `the Docker CLI's Compose plugin, ${LEAST_COMPOSE} or newer, is needed; on Debian or Ubuntu, as root, ./ha-demo up installs it`;
  try {
    const { stdout } = await promisify(execFile)('docker', ['compose', 'version', '--short']);
    return isAtLeast(stdout, LEAST_COMPOSE) ? { fine: stdout.trim() } : { wrong: `${stdout.trim()} is too old`, mend };
  } catch {
    return { wrong: '`docker compose` is missing', mend };
  }
}

async function buildxIsThere(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('docker', ['buildx', 'version']);
    return { fine: stdout.trim().split(' ').slice(1).join(' ') };
  } catch {
    return {
      wrong: '`docker buildx` is missing',
      mend: "the Docker CLI's buildx plugin builds the images; on Debian or Ubuntu, as root, ./ha-demo up installs it",
    };
  }
}

async function imagesAreThere(context: Context): Promise<Finding> {
  const engine = await connectToEngine(context.settings);
  const missing: string[] = [];
  for (const image of IMAGES) {
    await engine
      .getImage(image)
      .inspect()
      .catch(() => missing.push(image));
  }
  return {
    fine:
      missing.length === 0
        ? IMAGES.join(', ')
        : `${missing.join(', ')} not built yet: ./ha-demo up builds what is missing`,
  };
}

async function hostIsFree(context: Context, look: typeof lanClash): Promise<Finding> {
  const cluster = await context.cluster();
  const problem = await look(cluster, await context.project(cluster));
  if (problem !== undefined) return { wrong: problem, mend: 'edit cluster.yaml' };
  return {
    fine:
      look === lanClash
        ? cluster.lan.subnet
        : cluster.tiers.map(({ published }) => Object.values(published).join(', ')).join(', '),
  };
}

async function routerIdsAreFree(context: Context): Promise<Finding> {
  const cluster = await context.cluster();
  const lanInterface = interfaceOnLan(cluster);
  if (lanInterface === undefined) return { fine: "nobody to hear: the LAN is the lab's own" };
  const image = (await connectToEngine(context.settings)).getImage('ha-demo/keepalived');
  const isThere = await image.inspect().then(
    () => true,
    () => false,
  );
  if (!isThere) return { fine: 'not listened, since it takes the images' };
  const heard = await hearRouters(cluster, lanInterface);
  const clash = routerIdClash(cluster, heard);
  if (clash !== undefined) return { wrong: clash, mend: 'edit cluster.yaml' };
  const others = foreignRouters(cluster, heard);
  return { fine: others.length === 0 ? `none on ${lanInterface}` : `in use on ${lanInterface}: ${routerList(others)}` };
}

async function memoryIsEnough(): Promise<Finding> {
  const freeMib = Math.round(freemem() / 2 ** 20);
  if (freeMib >= LEAST_FREE_MIB) return { fine: `${freeMib} MiB free` };
  return { wrong: `${freeMib} MiB free`, mend: `the lab and its start need ${LEAST_FREE_MIB} MiB` };
}

/** @param version such as `20.10.24+dfsg1` or `v2.26.1-4` */
function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.trim().replace(/^v/, '').split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
