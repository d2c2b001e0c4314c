import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { withVariables } from '../common/run.js';
import type { ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { variablesOf } from './prepare.js';
import { projectFolder, SAVED_IMAGES } from './settings.js';
import { step } from './steps.js';

export function testCommand(contextOf: ContextSource): Command {
  return new LabCommand('test')
    .needs({ engine: true })
    .description('run all tests, with labs of their own beside a running one')
    .argument('[jest...]', 'arguments for Jest, such as a part of a file name')
    .option('--vms', 'the tests on virtual machines instead, with Vagrant and libvirt on Debian', false)
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nEnds with a line `N passed, N failed`.\n\nExamples:\n  $ ./ha-demo test\n  $ ./ha-demo test src/cluster\n  $ ./ha-demo test --vms',
    )
    .action(async (jestArguments: string[], { vms }: { vms: boolean }) => {
      const images = await contextOf().images();
      await images.provide(step);
      if (!vms) {
        const all = jestArguments.includes('--selectProjects') ? [] : ['--selectProjects', 'unit', 'integration'];
        process.exitCode = await jest([...jestArguments, ...all]);
        return;
      }
      await images.save(SAVED_IMAGES, step);
      try {
        const settings = await variablesOf('vagrant/test-box/prepare.sh');
        process.exitCode = await jest([...jestArguments, '--selectProjects', 'vms'], settings);
      } finally {
        await variablesOf('vagrant/test-box/stop.sh');
      }
    });
}

/** A container to ask from, or a command in one, takes a busy host seconds. What waits for a lab has a deadline of its own. */
const TEST_WITHIN = '--testTimeout=30000';

/** @returns the exit code */
async function jest(args: string[], settings: Record<string, string> = {}): Promise<number> {
  const variables = {
    ...settings,
    HA_DEMO_LAB: 'containers',
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    TESTCONTAINERS_RYUK_DISABLED: 'true',
    // Where the lab publishes its ports; Testcontainers would guess, and guess wrong, inside a container or a sandbox.
    TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
  };
  const command = join(projectFolder, 'node_modules', '.bin', 'jest');
  const child = spawn(...withVariables(variables, command, [TEST_WITHIN, ...args]), {
    cwd: projectFolder,
    stdio: 'inherit',
  });
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
