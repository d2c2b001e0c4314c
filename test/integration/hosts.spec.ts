import { type ChildProcess, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { virtualUrl } from '../../src/cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { DrillJournal } from '../../src/drill/drill-journal.js';
import type { DrillReport } from '../../src/drill/drill-report.js';
import { UNDONE_AFTER_MS } from '../../src/lab/hosts/undo-switch.js';
import { describeLabContract } from '../contract/lab-contract.js';
import { RunningHosts } from '../support/hosts/running-hosts.js';
import { projectFolder } from '../support/workspace.js';

/* Hosts of one's own: four containers with systemd and sshd, which ssh reaches over a network of its own. */

jest.setTimeout(180_000);

const NODES = ['frontend-01', 'frontend-02', 'backend-01', 'backend-02'];

let running: RunningHosts;
let before: string[];

/** What an administrator would find changed on a host whose packages are there: files, mounts (each boot has its own order), addresses, rules but those of the engine, kernel settings, units. */
async function tracesOn(node: string): Promise<string[]> {
  const look = `find /etc /lib/systemd /var/lib/ha-demo /usr/lib/ha-demo /run/ha-demo* '(' -type f -o -type l ')' ! -path /etc/mtab -exec sha256sum {} + 2>/dev/null | sort
    cut -d ' ' -f 2 /proc/self/mounts | grep -v ^/run/credentials | sort
    ip -oneline address show | awk '{ print $2, $4 }' | sort
    for variant in iptables-nft iptables-legacy; do $variant-save 2>/dev/null | grep -E '^-A|^:[a-z]' | grep -v DOCKER_ || true; done
    sysctl --all --pattern '^net' 2>/dev/null | grep -v conntrack_count | sort
    systemctl list-unit-files --no-legend 'ha-demo*' 'haproxy*' 'keepalived*'; systemctl list-units --all --no-legend 'ha-demo*' 'haproxy*' 'keepalived*'`;
  return (await running.hosts.on(node, look)).split('\n');
}

const complaint = (stderr: string): string[] => {
  const [, text = ''] = /^ha-demo: ([^]*)$/m.exec(stderr) ?? [];
  return text.trim().split('\n');
};

beforeAll(async () => {
  running = await RunningHosts.start({ name: 'ha-demo-hosts', network: '192.168.79', portOffset: 1800 }, '192.168.78');
}, 300_000);

afterAll(() => running?.stop(), 60_000);

describe('up, on hosts that have never been nodes', () => {
  test('asks a person, and without one changes nothing', async () => {
    const { exitCode, stderr } = await running.haDemo(['up']);
    expect(exitCode).toBe(2);
    expect(complaint(stderr)).toEqual([
      'these hosts have not been nodes before, say --yes to change them:',
      ...NODES.map((node, at) =>
        expect.stringMatching(new RegExp(`^ {2}${node} \\(admin@192\\.168\\.78\\.${at + 11}\\): packages for runc, `)),
      ),
    ]);
    expect(await running.hosts.on('frontend-01', 'command -v runc || echo no')).toBe('no');
  });

  const fake = (name: string, lines: string) =>
    `printf '#!/bin/bash\\n%s\\n' '${lines}' >/usr/local/bin/${name} && chmod +x /usr/local/bin/${name}`;

  test.each([
    [
      'that does not answer',
      'systemctl stop ssh',
      'systemctl start ssh',
      /^backend-01: ssh: connect to host 192\.168\.78\.13 port 22: Connection refused$/,
    ],
    [
      'that does not let the user in',
      'chmod 777 /home/admin',
      'chmod 755 /home/admin',
      /^backend-01: admin@192\.168\.78\.13: Permission denied \(publickey.*\)\.$/,
    ],
    [
      'whose sudo wants a password',
      'sed -i s/NOPASSWD:// /etc/sudoers.d/admin',
      "sed -i 's/ALL=(ALL)/ALL=(ALL) NOPASSWD:/' /etc/sudoers.d/admin",
      /^backend-01: sudo asks for a password; the user needs NOPASSWD: ALL in \/etc\/sudoers\.d$/,
    ],
    [
      'without room',
      fake('df', 'echo; echo 1 2 3 120'),
      'rm /usr/local/bin/df',
      /^backend-01: \/var\/lib has 120 MB free, and a node needs 1500$/,
    ],
    [
      'with an HAProxy of its own',
      "printf '[Service]\\nExecStart=/bin/true\\n' >/lib/systemd/system/haproxy.service && systemctl daemon-reload",
      'rm /lib/systemd/system/haproxy.service && systemctl daemon-reload',
      /^backend-01: has a haproxy\.service of its own, which stays as it is; a node needs a host without one$/,
    ],
    [
      'that is a node of another name',
      'mkdir -p /etc/ha-demo/nodes/web-01',
      'rm -r /etc/ha-demo',
      /^backend-01: is web-01 already; \.\/ha-demo --lab hosts down ends that$/,
    ],
  ])('says in one line that there is one %s', async (_what, breakIt, mendIt, line) => {
    await running.hosts.endSessions('backend-01');
    await running.hosts.on('backend-01', breakIt);
    try {
      const { exitCode, stderr } = await running.haDemo(['up', '--yes']);
      expect({ exitCode, lines: complaint(stderr) }).toEqual({ exitCode: 2, lines: [expect.stringMatching(line)] });
    } finally {
      await running.hosts.on('backend-01', mendIt);
    }
  });

  test('says in one line that there is one with another key, and how to believe it', async () => {
    await running.hosts.endSessions('backend-01');
    const { knownHosts } = running.hosts;
    const known = await readFile(knownHosts, 'utf8');
    const keyOf = (address: string) => new RegExp(`^${address} (.*)$`, 'm').exec(known)![1]!;
    await writeFile(knownHosts, known.replace(keyOf('192.168.78.13'), keyOf('192.168.78.14')));
    try {
      const { exitCode, stderr } = await running.haDemo(['up', '--yes']);
      expect({ exitCode, lines: complaint(stderr) }).toEqual({
        exitCode: 2,
        lines: [
          `backend-01: what answers at 192.168.78.13 has another host key than the one in ${knownHosts}. ` +
            `Compare it by hand: ssh -o UserKnownHostsFile=${knownHosts} admin@192.168.78.13`,
        ],
      });
    } finally {
      await writeFile(knownHosts, known);
    }
  });

  test('makes nodes of them, and says what is odd about one', async () => {
    // The others lack packages.
    await running.hosts.on('backend-01', await readFile(join(projectFolder, 'hosts/packages.sh'), 'utf8'));
    before = await tracesOn('backend-01');
    await running.hosts.on('backend-02', fake('getenforce', 'echo Enforcing'));
    await running.hosts.on('frontend-02', fake('date', 'echo $(($(/bin/date +%s%3N) + 90000))'));
    const { exitCode, stderr, stdout } = await running.haDemo(['up', '--yes']);
    await running.hosts.on('backend-02', 'rm /usr/local/bin/getenforce');
    await running.hosts.on('frontend-02', 'rm /usr/local/bin/date');
    expect(stderr).toContain('✓ backend-02: SELinux is enforcing, with which nothing of this has run');
    expect(stderr).toContain('✓ frontend-02: its clock is 90 s ahead');
    expect(stdout).toContain('./ha-demo --lab hosts status');
    expect(exitCode).toBe(0);
    const answer = await fetch(virtualUrl(running.cluster, 'frontend'));
    expect(await answer.json()).toMatchObject({ frontend: expect.stringMatching(/^frontend-0[12]$/) });
  }, 300_000);

  test('has nothing to do the next time, also where each answer takes two seconds', async () => {
    const keys = '/home/admin/.ssh/authorized_keys';
    await running.hosts.on(
      'backend-01',
      `${fake('slowly', 'sleep 2; exec bash -c "$SSH_ORIGINAL_COMMAND"')}; sed -i 's#^#command="/usr/local/bin/slowly" #' ${keys}`,
    );
    await running.hosts.endSessions('backend-01');
    try {
      expect(await running.haDemo(['up'])).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('nothing to do'),
      });
    } finally {
      await running.hosts.on('backend-01', `sed -i 's/^command=[^ ]* //' ${keys}`);
      await running.hosts.endSessions('backend-01');
    }
  }, 300_000);
});

describe('drills', () => {
  test.each(['stop-haproxy', 'kill-haproxy', 'unplug-node', 'power-off-node'])(
    '%s has its effect, and is mended',
    async (fault) => {
      const load = ['--tier', 'backend', '--rate', '50', '--keep-alive', '2', '--downloads', '0', '--runs', '1'];
      const out = join(running.workspace.files.folder, 'report');
      await running.haDemo(['drill', fault, ...load, '--out', out]);
      const [drill] = (JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as DrillReport).drills;
      // How long it took is a matter of budgets, which a busy host may overrun.
      expect(drill!.runs[0]!.remarks.filter((remark) => /^(?:before|the fault|the heal|after)/.test(remark))).toEqual(
        [],
      );
      expect(drill!.runs[0]!.measured.sent).toBeGreaterThan(20);
      await running.untilHealthy();
    },
  );

  test('that a host cannot be made to do is skipped by name', async () => {
    const { stdout } = await running.haDemo(['drill', 'freeze-node', '--tier', 'backend', '--runs', '1']);
    expect(stdout).toContain('skipped: hosts cannot be made to stand still here');
  });
});

/** As a drill leaves it that was killed. */
async function brokenBy(fault: string): Promise<void> {
  const { pid: processId } = spawnSync('true');
  await new DrillJournal(join(running.workspace.files.stateFolder, 'drill-hosts.json')).write({
    faults: [{ fault, tier: 'backend', node: 'backend-01' }],
    startedAt: new Date().toISOString(),
    ...{ processId, processStart: '' },
  });
}

describe('a host that nobody can tell any more', () => {
  const isUnplugged = async () =>
    /\beth\d.*state DOWN/.test(await running.hosts.on('backend-01', 'ip -oneline link show'));
  const isDeaf = async () =>
    (await running.hosts.on('backend-01', 'iptables-save -t raw; iptables-legacy-save -t raw')).includes(
      '--probability',
    );

  test.each([
    ['unplug-node', 'plugged itself in again', isUnplugged, () => running.lab.unplugNode('backend-01')],
    [
      'partition-peers',
      'ended its loss of packets',
      isDeaf,
      () => running.lab.dropPackets('backend-01', 1, { from: ['192.168.79.22'] }),
    ],
  ] as const)(
    'undoes %s by itself when its connection is cut; the next heal says so',
    async (fault, inWords, isBroken, breakIt) => {
      await brokenBy(fault);
      await breakIt();
      expect(await isBroken()).toBe(true);
      await running.hosts.cut('backend-01');
      try {
        const missing = async () => ((await isBroken()) ? ['is broken'] : []);
        await waitUntilNothingIsMissing('backend-01 heals itself', missing, { deadlineMs: UNDONE_AFTER_MS + 15_000 });
      } finally {
        await running.hosts.join('backend-01');
      }
      const { stderr } = await running.haDemo(['heal']);
      expect(stderr).toMatch(new RegExp(`backend-01 has ${inWords} \\d+ s ago, 30 s after it was last told to wait`));
      expect((await running.haDemo(['heal'])).stdout).toBe('No drill has left anything behind.\n');
      await running.untilHealthy();
    },
    240_000,
  );

  test('stays unplugged for as long as somebody tells it to, however long', async () => {
    await running.lab.unplugNode('backend-01');
    try {
      const until = Date.now() + UNDONE_AFTER_MS + 10_000;
      const missing = async () => {
        expect(await isUnplugged()).toBe(true);
        return Date.now() < until ? ['time'] : [];
      };
      await waitUntilNothingIsMissing('time has passed', missing, { deadlineMs: 2 * UNDONE_AFTER_MS });
    } finally {
      await running.lab.plugNode('backend-01');
    }
    await running.untilHealthy();
  });

  test('is mended by heal after the drill was killed', async () => {
    const recording = join(running.workspace.files.folder, 'recording.jsonl');
    let child: ChildProcess | undefined;
    const drill = running.haDemo(
      ['drill', 'unplug-node', '--tier', 'backend', '--runs', '1', '--rate', '20', '--record', recording],
      { onStart: (started) => (child = started) },
    );
    try {
      const missing = async () => {
        const text = await readFile(recording, 'utf8').catch(() => '');
        return text.includes('"phase":"outage"') ? [] : ['the fault has not happened'];
      };
      await waitUntilNothingIsMissing('the fault has happened', missing, { deadlineMs: 60_000, intervalMs: 20 });
    } finally {
      child!.kill('SIGKILL');
      await drill;
    }
    expect(await isUnplugged()).toBe(true);
    expect((await running.haDemo(['heal'])).exitCode).toBe(0);
    expect(await isUnplugged()).toBe(false);
    await running.untilHealthy();
  });
});

describeLabContract('ManagedHostLab', () => running);

test('parity drills them, and then containers', async () => {
  const out = join(running.workspace.files.folder, 'parity');
  const load = ['--tier', 'backend', '--runs', '1', '--network', '192.168.73', '--out', out];
  const { stdout } = await running.haDemo(['parity', 'kill-haproxy', ...load]);
  expect(stdout).toMatch(/\| kill-haproxy \| backend-01 \|.*\d ms.*\d of \d/);
  expect(stdout).toContain('hosts (median / p95)');
  const labs = await Promise.all(
    ['hosts', 'containers'].map(async (lab) => {
      const report = JSON.parse(await readFile(join(out, lab, 'report.json'), 'utf8')) as DrillReport;
      return [report.lab, report.drills.map(({ fault }) => fault)];
    }),
  );
  expect(labs).toEqual([
    ['hosts', ['kill-haproxy']],
    ['containers', ['kill-haproxy']],
  ]);
}, 300_000);

test('down leaves nothing on the hosts but packages', async () => {
  const { exitCode } = await running.haDemo(['down']);
  expect(exitCode).toBe(0);
  expect(await tracesOn('backend-01')).toEqual(before);
  expect((await running.haDemo(['status'])).stdout).toContain('is not up: ./ha-demo --lab hosts up');
});
