import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { check } from '../check/check.js';
import type { CheckedCluster } from '../check/checked-cluster.js';
import { SEVERITIES, type Severity } from '../check/finding.js';
import { checkJson } from '../report/check/json.js';
import { checkJunit } from '../report/check/junit.js';
import { checkSarif } from '../report/check/sarif.js';
import { checkText } from '../report/check/text.js';
import { readCluster } from '../check/read-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { askPrograms } from './ask-programs.js';
import type { Context, ContextSource } from './context.js';
import { labConfiguration } from './lab-configuration.js';

interface Options {
  haproxy?: string;
  binaries: boolean;
  json: boolean;
  sarif?: string;
  junit?: string;
  failOn: Severity;
}

export function checkCommand(contextOf: ContextSource): Command {
  return new Command('check')
    .description('say what is wrong with your HAProxy and keepalived, and what each single failure would do')
    .argument(
      '[paths...]',
      "a folder with a folder per node; or several folders or keepalived.conf files, one per node (default: what is rendered for the lab, or what runs on a cluster of somebody else's)",
    )
    .option('--haproxy <file>', 'the haproxy.cfg of nodes that have none of their own')
    .option('--binaries', 'have HAProxy and keepalived of the images test the files, too; it needs an engine', false)
    .option('--json', 'the report as JSON', false)
    .option('--sarif <file>', 'write the findings for code scanning, too')
    .option('--junit <file>', 'write the findings for CI systems, too')
    .addOption(
      new Option('--fail-on <severity>', 'the least that makes the exit code 1').choices(SEVERITIES).default('error'),
    )
    .addHelpText(
      'after',
      `
It reads files and nothing else, but for --binaries and --lab hosts: no engine, no root, no network. docs/check.md describes each rule, and the layout of folders.

Exit code: 0 nothing at or above --fail-on, 1 findings, 2 not readable.

Examples:
  $ ./ha-demo check
  $ ./ha-demo check my-cluster/
  $ ./ha-demo check lb1.conf lb2.conf --haproxy haproxy.cfg
  $ ./ha-demo check my-cluster/ --binaries
  $ ./ha-demo check my-cluster/ --sarif check.sarif --fail-on warning`,
    )
    .action(async (paths: string[], { haproxy, binaries, json, sarif, junit, failOn }: Options) => {
      const read = paths.length > 0 ? await readCluster(paths, haproxy) : await ofLab(contextOf());
      const cluster = binaries ? { ...read, said: await askPrograms(await contextOf().engine(), read) } : read;
      const report = check(cluster);
      if (sarif !== undefined) await write('--sarif', sarif, checkSarif(report, cluster, process.cwd()));
      if (junit !== undefined) await write('--junit', junit, checkJunit(report, cluster));
      process.stdout.write(json ? checkJson(report, cluster) : checkText(report, cluster));
      const counted = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
      process.exitCode = report.findings.some(({ severity }) => counted.includes(severity)) ? 1 : 0;
    });
}

async function ofLab(context: Context): Promise<CheckedCluster> {
  if (context.unmanaged) return context.unmanaged.checked();
  return labConfiguration(await context.cluster(), context.workspace.templatesFolder);
}

async function write(option: string, file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${option}: ${file} cannot be written (${error.code})`);
  });
}
