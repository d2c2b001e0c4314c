import { Command, InvalidArgumentError } from 'commander';
import { nodeNamed } from '../cluster/cluster.js';
import { SERVICE_NAMES } from '../node/contract.js';
import { type ContextSource, serviceNamed } from './context.js';

export function logsCommand(contextOf: ContextSource): Command {
  return new Command('logs')
    .description("show a node's logs: VRRP transitions, HAProxy's and the service's requests")
    .argument('<node>', 'name of a node, such as frontend-01')
    .argument('[service]', 'haproxy, keepalived or app; all of them when it is left out')
    .option('-f, --follow', 'go on until Ctrl-C', false)
    .option('-n, --tail <lines>', 'how many lines of each service at the most, from the end', wholeNumber, 50)
    .addHelpText(
      'after',
      '\nExamples:\n  $ ./ha-demo logs frontend-01 keepalived -f\n  $ ./ha-demo logs backend-01 haproxy | jq -R "fromjson? | .status"',
    )
    .action(
      async (nodeName: string, service: string | undefined, { follow, tail }: { follow: boolean; tail: number }) => {
        const services = service === undefined ? SERVICE_NAMES : [serviceNamed(service)];
        const context = contextOf();
        const node = nodeNamed(await context.cluster(), nodeName).name;
        const { lab } = await context.labThatIsUp();
        const interrupted = new AbortController();
        process.once('SIGINT', () => interrupted.abort());
        await Promise.all(
          services.map((name) =>
            lab.writeLogs(node, name, process.stdout, { follow, tail, signal: interrupted.signal }),
          ),
        );
      },
    );
}

function wholeNumber(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('must be a whole number from 0 to 999999');
  return Number(value);
}
