import type { HaproxyProxy } from '../configuration/haproxy/model.js';

/** Health checks of databases (configuration manual, section 4.2), and who answers them in docker/try/databases.lua. */
const DATABASES = { 'mysql-check': 'mysql', 'pgsql-check': 'postgresql', 'redis-check': 'redis' } as const;

export type Database = (typeof DATABASES)[keyof typeof DATABASES];

/** What a health check wants to hear, beside 200 for a request. */
export interface HealthCheck {
  database?: Database;
  status?: number;
  /** Somewhere in the answer, all of them. */
  contains?: string[];
  /** What of it stand-ins do not answer. */
  unanswered?: string;
}

const UNANSWERED = ['smtpchk', 'ldap-check', 'spop-check', 'ssl-hello-chk', 'external-check'];
/** What can stand in a text of JSON between single quotes as it is. */
const PLAIN = /^[^\\"'\n]+$/;

export function healthCheckOf({ options, healthChecks }: HaproxyProxy): HealthCheck {
  for (const [option, database] of Object.entries(DATABASES)) if (options.has(option)) return { database };
  const option = UNANSWERED.find((name) => options.has(name));
  if (option !== undefined) return { unanswered: `option ${option}` };
  if (
    options.has('tcp-check') &&
    healthChecks.some(([keyword, action]) => keyword === 'tcp-check' && action === 'expect')
  )
    return { unanswered: 'tcp-check expect' };
  if (!options.has('httpchk')) return {};
  const wishes = healthChecks
    .filter(([keyword, action]) => keyword === 'http-check' && action === 'expect')
    .map((rule) => wishOf(rule));
  const contains = wishes.flatMap((wish) => wish.contains ?? []);
  return Object.assign({}, ...wishes, contains.length > 0 ? { contains } : {}) as HealthCheck;
}

/** What an `http-check expect` wants (configuration manual, section 4.2). */
function wishOf(rule: string[]): HealthCheck {
  const at = rule.findIndex((word) => /^(?:r?status|r?string|f?hdr)$/.test(word));
  const [kind, pattern = ''] = rule.slice(at);
  const isNegated = rule[at - 1] === '!';
  const unanswered = { unanswered: rule.join(' ') };
  const [first, last = first] = pattern.split(/[,-]/).map(Number);
  const isStatusOk =
    kind === 'status' ? /^200\b|,200\b/.test(pattern) || (first! <= 200 && last! >= 200) : matches(pattern, '200');
  if (kind === 'status' || kind === 'rstatus') {
    if (isStatusOk !== isNegated) return {};
    return kind === 'status' && !isNegated && first! >= 200 && first! <= 599 ? { status: first! } : unanswered;
  }
  if (kind === 'string' && isNegated) return {};
  if (kind === 'string' && PLAIN.test(pattern)) return { contains: [pattern] };
  return unanswered;
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    // Of another dialect.
    return false;
  }
}
