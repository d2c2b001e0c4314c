import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectToEngine, type Engine } from '../../src/lab/compose/docker-engine.js';

/** The one that ./ha-demo uses. */
export function theEngine(): Promise<Engine> {
  return connectToEngine({ dockerHost: process.env['DOCKER_HOST'] });
}

/** Runs `ip ...` in the network of the engine's host, which on Docker Desktop is a virtual machine. */
export async function ipOnEngineHost(...ipArguments: string[]): Promise<string> {
  const asNetworkAdmin = ['--network', 'host', '--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', '--entrypoint', 'ip'];
  const command = ['run', '--rm', ...asNetworkAdmin, 'ha-demo/keepalived', ...ipArguments];
  return (await promisify(execFile)('docker', command)).stdout;
}

/**
 * Makes a pair of connected interfaces: `name`, a stand-in for a NIC, and `name`-sw, the switch that it is plugged into.
 * The caller removes it; one that a killed run has left is removed here.
 */
export async function createVeth(name: string): Promise<void> {
  if ((await ipOnEngineHost('-oneline', 'link', 'show', 'type', 'veth')).includes(` ${name}@`)) await removeVeth(name);
  await ipOnEngineHost('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-sw`);
  await ipOnEngineHost('link', 'set', name, 'up');
  await ipOnEngineHost('link', 'set', `${name}-sw`, 'up');
}

export async function removeVeth(name: string): Promise<void> {
  await ipOnEngineHost('link', 'delete', name);
}
