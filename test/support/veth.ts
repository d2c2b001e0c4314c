import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Makes a pair of connected interfaces on the engine's host: `name`, a stand-in for a NIC, and `name`-sw, the switch that
 * it is plugged into. The caller removes it.
 */
export async function createVeth(name: string): Promise<void> {
  await onEngineHost(['link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-sw`]);
  await onEngineHost(['link', 'set', name, 'up']);
  await onEngineHost(['link', 'set', `${name}-sw`, 'up']);
}

export async function removeVeth(name: string): Promise<void> {
  await onEngineHost(['link', 'delete', name]);
}

async function onEngineHost(ipArguments: string[]): Promise<void> {
  const asNetworkAdmin = ['--network', 'host', '--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', '--entrypoint', 'ip'];
  await promisify(execFile)('docker', ['run', '--rm', ...asNetworkAdmin, 'ha-demo/keepalived', ...ipArguments]);
}
