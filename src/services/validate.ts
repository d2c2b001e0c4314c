import { glob } from 'node:fs/promises';
import { CONFIGURATION_FOLDER } from '../node/contract.js';
import { loadServiceSettings } from './service-settings.js';

/* Checks every rendered service.json under /etc/ha-demo as the services read it, before any node is touched. */

try {
  for await (const file of glob(`${CONFIGURATION_FOLDER}/nodes/*/service.json`)) loadServiceSettings(file);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
