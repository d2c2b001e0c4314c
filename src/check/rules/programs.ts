import type { CheckedCluster } from '../checked-cluster.js';
import { type Found, type Rule } from '../finding.js';
import type { Complaint, Program } from '../programs/complaints.js';

const MANAGEMENT_GUIDE = {
  text: "HAProxy's management guide, section 3",
  url: 'https://docs.haproxy.org/3.0/management.html#3',
};

export const haproxyRefuses: Rule = {
  id: 'haproxy-refuses',
  severity: 'error',
  title: 'HAProxy itself does not take the file',
  why: `With \`--binaries\` HAProxy of the lab's image tests the file, as \`haproxy -c\` does. What it refuses keeps it from starting, and a reload from
coming into force: the old configuration goes on until the next restart.`,
  wrong: 'server app1 10.20.30.21:8080 chek',
  right: 'server app1 10.20.30.21:8080 check',
  sources: [MANAGEMENT_GUIDE],
  isOfPrograms: true,
  find: (cluster) => saidBy('HAProxy', 'error', cluster),
};

export const haproxyWarns: Rule = {
  id: 'haproxy-warns',
  severity: 'warning',
  title: 'HAProxy itself warns of something in the file',
  why: 'With `--binaries` HAProxy tests the file. It starts with what it warns of, and often does something else than is meant.',
  wrong: `frontend www
    bind :80
    option httpchk`,
  right: `backend pool
    option httpchk`,
  sources: [MANAGEMENT_GUIDE],
  isOfPrograms: true,
  find: (cluster) => saidBy('HAProxy', 'warning', cluster),
};

export const keepalivedComplains: Rule = {
  id: 'keepalived-complains',
  severity: 'warning',
  title: 'keepalived itself complains of something in the file',
  why: `With \`--binaries\` keepalived of the lab's image tests the file, as \`keepalived --config-test\` does. It starts all the same, without what it
does not understand: a misspelled \`nopreempt\` is left out, a priority of 300 becomes 100.`,
  wrong: 'priority 300',
  right: 'priority 200',
  sources: [{ text: 'keepalived(8), --config-test', url: 'https://www.keepalived.org/manpage.html' }],
  isOfPrograms: true,
  find: (cluster) => saidBy('keepalived', 'warning', cluster),
};

function saidBy(program: Program, severity: Complaint['severity'], { said }: CheckedCluster): Found[] {
  if (!said) return [];
  return said.complaints
    .filter((one) => one.program === program && one.severity === severity)
    .map(({ position, text }) => ({
      position,
      happens: text,
      instead: `${program} ${said.versions[program]} says so.`,
    }));
}
