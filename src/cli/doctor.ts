import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { freemem, networkInterfaces } from 'node:os';
import { promisify, styleText } from 'node:util';
import { Command } from 'commander';
import type { Cluster } from '../cluster/cluster.js';
import { Ipv4Network } from '../common/ipv4.js';
import { ComposeProject } from '../lab/compose/compose-project.js';
import { connectToEngine } from '../lab/compose/docker-engine.js';
import { IMAGES } from '../lab/compose/images.js';
import { theCluster, workspace } from './context.js';

/** What a check found: fine, or what is wrong and how to mend it. */
type Finding = { fine: string } | { wrong: string; mend: string };
type Check = { name: string; look: () => Promise<Finding> };

const LEAST_ENGINE = '20.10';
const LEAST_COMPOSE = '2.20';
const LEAST_FREE_MIB = 768;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check everything that `up` needs, and say how to mend what is missing')
    .addHelpText('after', '\nExit code: 0 when nothing is missing, 1 otherwise.')
    .action(async () => {
      let wrong = 0;
      for (const { name, look } of checks()) {
        const finding = await look().catch((error: Error): Finding => ({ wrong: error.message, mend: 'see the message' }));
        if ('fine' in finding) {
          console.log(`  ${styleText('green', '✓')} ${name.padEnd(22)} ${finding.fine}`);
        } else {
          wrong += 1;
          console.log(`  ${styleText('red', '✗')} ${name.padEnd(22)} ${finding.wrong}\n    ${''.padEnd(22)} ${finding.mend}`);
        }
      }
      console.log(wrong === 0 ? '\nNothing is missing: ./ha-demo up' : `\n${wrong} to mend`);
      process.exitCode = wrong === 0 ? 0 : 1;
    });
}

function checks(): Check[] {
  return [
    { name: 'cluster.yaml', look: clusterIsValid },
    { name: 'Docker engine', look: engineAnswers },
    { name: 'Docker Compose', look: composeIsNewEnough },
    { name: 'images', look: imagesAreThere },
    { name: 'LAN', look: async () => lanIsFree(await theCluster()) },
    { name: 'ports on 127.0.0.1', look: async () => portsAreFree(await theCluster()) },
    { name: 'memory', look: memoryIsEnough },
  ];
}

async function clusterIsValid(): Promise<Finding> {
  const { name, profileName, tiers } = await theCluster();
  return { fine: `${name}, profile ${profileName}, ${tiers.map((tier) => `${tier.nodes.length} ${tier.name} nodes`).join(', ')}` };
}

async function engineAnswers(): Promise<Finding> {
  try {
    const { Version } = await (await connectToEngine()).version();
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

async function imagesAreThere(): Promise<Finding> {
  const engine = await connectToEngine();
  const missing: string[] = [];
  for (const image of IMAGES) {
    await engine
      .getImage(image)
      .inspect()
      .catch(() => missing.push(image));
  }
  return { fine: missing.length === 0 ? IMAGES.join(', ') : `${missing.join(', ')} not built yet: ./ha-demo up builds what is missing` };
}

/** An interface with an address in the LAN's network is fine if it is the lab's own bridge. */
async function lanIsFree(cluster: Cluster): Promise<Finding> {
  const bridge = await new ComposeProject(await connectToEngine(), cluster.name, workspace()).bridgeInterface().catch(() => undefined);
  const subnet = Ipv4Network.parse(cluster.lan.subnet);
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const clash = addresses.find(({ family, address }) => family === 'IPv4' && subnet?.contains(address));
    if (clash && name !== bridge && cluster.lan.type === 'bridge') {
      return { wrong: `${name} has ${clash.address}, which is in ${cluster.lan.subnet}`, mend: 'choose another lan.subnet, and addresses in it, in cluster.yaml' };
    }
  }
  return { fine: `${cluster.lan.subnet}${bridge ? `, on ${bridge}` : ' is free'}` };
}

async function portsAreFree(cluster: Cluster): Promise<Finding> {
  const ports = cluster.tiers.flatMap(({ published }) => [published.tier, published.statistics]);
  const containers = await new ComposeProject(await connectToEngine(), cluster.name, workspace()).containers().catch(() => []);
  const own = new Set(containers.flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort)));
  const taken = [];
  for (const port of ports) {
    if (!own.has(port) && (await isOpen(port))) taken.push(port);
  }
  if (taken.length === 0) return { fine: ports.join(', ') };
  return { wrong: `${taken.join(', ')} in use by something else`, mend: 'choose others under tiers.*.published in cluster.yaml' };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
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
