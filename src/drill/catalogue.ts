import { InvalidInputError } from '../common/errors.js';
import type { Fault } from './fault.js';
import { deafBackup } from './faults/deaf-backup.js';
import { drainNode } from './faults/drain-node.js';
import { errorApp } from './faults/error-app.js';
import { flappingApp } from './faults/flapping-app.js';
import { foreignRouter } from './faults/foreign-router.js';
import { freezeNode } from './faults/freeze-node.js';
import { fullDisk } from './faults/full-disk.js';
import { hangApp } from './faults/hang-app.js';
import { hangHaproxy } from './faults/hang-haproxy.js';
import { hangKeepalived } from './faults/hang-keepalived.js';
import { killAllApps } from './faults/kill-all-apps.js';
import { killApp } from './faults/kill-app.js';
import { killHaproxy } from './faults/kill-haproxy.js';
import { killKeepalived } from './faults/kill-keepalived.js';
import { loseRules } from './faults/lose-rules.js';
import { loseVip } from './faults/lose-vip.js';
import { lossyLink } from './faults/lossy-link.js';
import { muteMaster } from './faults/mute-master.js';
import { partitionNode } from './faults/partition-node.js';
import { partitionPeers } from './faults/partition-peers.js';
import { powerOffNode } from './faults/power-off-node.js';
import { reloadHaproxy } from './faults/reload-haproxy.js';
import { restartApp } from './faults/restart-app.js';
import { restartEngine } from './faults/restart-engine.js';
import { rollingRestart } from './faults/rolling-restart.js';
import { rollingUpgrade } from './faults/rolling-upgrade.js';
import { slowApp } from './faults/slow-app.js';
import { starveNode } from './faults/starve-node.js';
import { stopApp } from './faults/stop-app.js';
import { stopHaproxy } from './faults/stop-haproxy.js';
import { stopKeepalived } from './faults/stop-keepalived.js';
import { unplugNode } from './faults/unplug-node.js';

/** Every fault there is, in the order of reports. */
export const CATALOGUE: readonly Fault[] = [
  stopApp,
  restartApp,
  stopHaproxy,
  reloadHaproxy,
  stopKeepalived,
  drainNode,
  rollingRestart,
  rollingUpgrade,
  killApp,
  killHaproxy,
  killKeepalived,
  powerOffNode,
  killAllApps,
  restartEngine,
  hangApp,
  hangHaproxy,
  hangKeepalived,
  freezeNode,
  unplugNode,
  partitionNode,
  partitionPeers,
  deafBackup,
  muteMaster,
  lossyLink,
  loseVip,
  loseRules,
  starveNode,
  fullDisk,
  foreignRouter,
  slowApp,
  errorApp,
  flappingApp,
];

/**
 * @param name with a value of its parameter or without, such as `lossy-link` and `lossy-link 0.2`
 * @throws InvalidInputError
 */
export function faultNamed(name: string): Fault {
  const [own, value] = name.split(/ (.*)/);
  const fault = CATALOGUE.find((candidate) => candidate.name === own);
  if (!fault)
    throw new InvalidInputError(`fault: ${own} must be one of ${CATALOGUE.map((one) => one.name).join(', ')}`);
  if (value === undefined) return fault;
  if (!fault.parameter) throw new InvalidInputError(`parameter: ${value}: ${own} takes none`);
  const withValue = fault.parameter.with(value);
  if (!withValue) throw new InvalidInputError(`parameter: ${value} must be ${fault.parameter.allowed}`);
  return { name, ...withValue };
}
