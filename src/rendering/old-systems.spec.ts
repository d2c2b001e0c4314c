import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withLanInterface } from '../cluster/cluster.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { renderConfiguration } from './render.js';

/*
 * CentOS 7, the default box, has systemd 219, iptables 1.4.21 and a 3.10 kernel. The lists are not complete: they hold what
 * one may want here. Before a word is added, its manual page of that version, or the kernel's source, has to have it.
 */

const PROJECT = new URL('../..', import.meta.url).pathname;

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** What systemd 219 knows, by section; it ignores the rest, with a warning in the journal. */
const SYSTEMD_219: Record<string, string[]> = {
  // systemd.unit(5). StartLimitIntervalSec= is of systemd 230.
  Unit: words(`Description Documentation Requires Requisite Wants BindsTo PartOf Conflicts Before After OnFailure
    StartLimitInterval ConditionPathExists`),
  // systemd.service(5), systemd.exec(5), systemd.kill(5), systemd.resource-control(5). CPUWeight= is of systemd 232.
  Service:
    words(`Type RemainAfterExit PIDFile SyslogIdentifier StartLimitInterval StartLimitBurst ExecStartPre ExecStart
    ExecStartPost ExecReload ExecStop ExecStopPost RestartSec TimeoutStartSec TimeoutStopSec TimeoutSec Restart
    SuccessExitStatus RestartPreventExitStatus KillMode KillSignal SendSIGKILL Environment EnvironmentFile User Group
    WorkingDirectory StandardOutput StandardError LimitNOFILE Nice OOMScoreAdjust CPUShares`),
  // systemd.unit(5), "[Install] section options".
  Install: words('Alias WantedBy RequiredBy Also'),
};

/** What of a unit systemd 219 does not know, each as `[section] directive`. */
function unknownToSystemd219(unit: string): string[] {
  let section = '';
  const unknown: string[] = [];
  for (const line of unit.split('\n')) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const name = /^(\w+)=/.exec(line)?.[1];
    if (name && !SYSTEMD_219[section]?.includes(name)) unknown.push(`[${section}] ${name}`);
  }
  return unknown;
}

const IPTABLES_1_4_21 = {
  // iptables(8) of 1.4.21, and for what a match or a target takes, iptables-extensions(8). --nowildcard is of revision 2 of
  // xt_socket, which Linux has since 3.11: where a 3.10 has no backport, second-chance says so and goes without.
  options: words(`-A --append -D --delete -I --insert -C --check -N -F -t --table -w --wait -i -o -s -d -p -m -j --syn
    --sport --dport --nowildcard --transparent --gateway --mode --probability --every --limit --limit-burst`),
  // Linux 3.10, net/netfilter/xt_*.c. xt_cgroup, for instance, is of 3.14.
  matches: words('socket statistic tcp udp limit conntrack mark comment'),
  // Linux 3.10, net/netfilter/xt_{TEE,MARK,LOG}.c and what is built in.
  targets: words('ACCEPT DROP RETURN TEE MARK LOG'),
};

/** The rules in a script, as words; `$name` stands for a chain or a value of the script's own. */
function rulesIn(script: string): string[][] {
  return script
    .split('\n')
    .filter((line) => !/^\s*#/.test(line) && /\s-j\s/.test(line))
    .map((line) => words(line.replaceAll(/["'()]/g, ' ')));
}

/** What of a rule iptables 1.4.21 or Linux 3.10 does not know, such as `-m cgroup`. */
function unknownToIptables1421(rule: string[]): string[] {
  const { options, matches, targets } = IPTABLES_1_4_21;
  return rule.flatMap((word, index) => {
    const value = rule[index + 1] ?? '';
    if (/^--?[a-z]/i.test(word) && !options.includes(word)) return [word];
    if (word === '-m' && !matches.includes(value)) return [`-m ${value}`];
    if (word === '-j' && !value.startsWith('$') && !targets.includes(value)) return [`-j ${value}`];
    return [];
  });
}

describe('the systemd units', () => {
  it('use what systemd 219 knows', async () => {
    const files = await renderConfiguration(
      withLanInterface(editedCluster({}, 'machines'), 'eth1'),
      join(PROJECT, 'config-templates'),
    );
    const units = [...files].filter(([path]) => path.endsWith('.service'));
    expect(units).toHaveLength(12);
    for (const [path, unit] of units) {
      expect({ path, unknown: unknownToSystemd219(unit) }).toEqual({ path, unknown: [] });
      // Of the prefixes of a command, it knows `-` and `@`; and it wants an absolute path.
      for (const [, command] of unit.matchAll(/^Exec\w+=(.*)/gm)) expect(command).toMatch(/^[-@]?\/usr\/bin\/env /);
    }
  });

  it('would be refused with a newer directive, by its name', () => {
    expect(unknownToSystemd219('[Unit]\nStartLimitIntervalSec=0\n[Service]\nCPUWeight=10\n')).toEqual([
      '[Unit] StartLimitIntervalSec',
      '[Service] CPUWeight',
    ]);
  });
});

describe('the rules of iptables', () => {
  it('use what iptables 1.4.21 and Linux 3.10 know', async () => {
    const scripts = join(PROJECT, 'docker/keepalived');
    const withRules: string[] = [];
    for (const script of await readdir(scripts)) {
      const rules = rulesIn(await readFile(join(scripts, script), 'utf8'));
      if (rules.length > 0) withRules.push(script);
      expect({ script, unknown: rules.flatMap(unknownToIptables1421) }).toEqual({ script, unknown: [] });
    }
    expect(withRules).toEqual(expect.arrayContaining(['drop-packets', 'second-chance']));
  });

  it('would be refused with a newer match, target or option, by its name', () => {
    const rule = 'echo "-A $chain -p tcp -m cgroup --path a -m socket --restore-skmark -j SYNPROXY"';
    expect(rulesIn(rule).flatMap(unknownToIptables1421)).toEqual([
      '-m cgroup',
      '--path',
      '--restore-skmark',
      '-j SYNPROXY',
    ]);
  });
});
