import { Logger } from '@nestjs/common';
import { InvalidInputError } from '../common/errors.js';
import { CONFIGURATION_FOLDER } from '../node/contract.js';
import { createService } from './create-service.js';
import { ServiceLog } from './service-log.js';
import { loadServiceSettings } from './service-settings.js';
import { warmUp } from './warm-up.js';

const settingsPath =
  process.env.HA_DEMO_SERVICE_SETTINGS ?? `${CONFIGURATION_FOLDER}/nodes/${process.env.HA_DEMO_NODE}/service.json`;

try {
  const settings = loadServiceSettings(settingsPath);
  const log = new ServiceLog();
  await warmUp(settings, log);
  log.open();
  const app = await createService(settings, log, process.env.HA_DEMO_APP_FAULTS);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.listen(settings.port, '0.0.0.0');
  new Logger('Service').log(`${settings.node} serves on port ${settings.port}`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(error instanceof InvalidInputError ? error.exitCode : 1);
}
