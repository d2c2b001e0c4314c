import type { VrrpCheck } from '../configuration/keepalived/checks.js';

/** Links to folders below /usr on Debian 12, Ubuntu 20.04, RHEL 7, and newer ones. */
const LINKS = /^\/(?:bin|sbin|lib|lib64)\//;

/**
 * The program of a script that keepalived leaves out, since root is to run it and a part of its path is a symbolic link (notify.c:
 * check_security). Undefined for what is run.
 */
export function programBehindLink({ kind, target, user }: VrrpCheck): string | undefined {
  const [program = ''] = target.split(/\s/);
  return kind === 'script' && LINKS.test(program) && (user ?? 'root') === 'root' ? program : undefined;
}
