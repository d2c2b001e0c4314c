import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { projectFolder, theEngine, theImages, workspace } from './context.js';
import { step } from './steps.js';

export function testCommand(): Command {
  return new Command('test')
    .description('run all tests, with labs of their own beside a running one')
    .argument('[jest...]', 'arguments for Jest, such as a part of a file name')
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nEnds with a line `N passed, N failed`.\n\nExamples:\n  $ ./ha-demo test\n  $ ./ha-demo test src/cluster',
    )
    .action(async (jestArguments: string[]) => {
      const images = theImages(await theEngine());
      if (!(await images.areCurrent())) {
        await step('Build the images', () => images.build(join(workspace().stateFolder, 'logs', 'build.log')));
      }
      const jest = spawn(join(projectFolder, 'node_modules', '.bin', 'jest'), ['--runInBand', ...jestArguments], {
        cwd: projectFolder,
        stdio: 'inherit',
        env: {
          ...process.env,
          NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
          TESTCONTAINERS_RYUK_DISABLED: 'true',
          // Where the lab publishes its ports; Testcontainers would guess, and guess wrong, inside a container or a sandbox.
          TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
        },
      });
      process.exitCode = await new Promise<number>((resolve, reject) => {
        jest.once('error', reject);
        jest.once('close', (code) => resolve(code ?? 1));
      });
    });
}
