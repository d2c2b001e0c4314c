import type { HaproxyProxy } from '../configuration/haproxy/model.js';

/** Health checks of databases (configuration manual, section 4.2), and who answers them in docker/try/databases.lua. */
const ANSWERS = { 'mysql-check': 'mysql', 'pgsql-check': 'postgresql', 'redis-check': 'redis' } as const;

export type Database = (typeof ANSWERS)[keyof typeof ANSWERS];

/** Health checks that nothing here answers. */
const UNANSWERED = ['smtpchk', 'ldap-check', 'spop-check', 'ssl-hello-chk', 'external-check'];

/** The database that servers of a proxy are asked as, and the check that stand-ins do not answer. */
export function databaseOf({ options }: HaproxyProxy): { database?: Database; unanswered?: string } {
  for (const [option, database] of Object.entries(ANSWERS)) if (options.has(option)) return { database };
  const unanswered = UNANSWERED.find((option) => options.has(option));
  return unanswered === undefined ? {} : { unanswered: `option ${unanswered}` };
}
