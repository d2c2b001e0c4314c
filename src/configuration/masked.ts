/** Words after which a secret stands, in keepalived.conf and haproxy.cfg. */
const SECRETS =
  /\b(auth_pass|password|insecure-password|passwd|key|stats\s+auth|authorization|secret\w*|token\w*|passphrase)(["',:=]*\s*)\S.*$/i;
const IN_URLS = /(\/\/[^\s/:@]+):[^\s/@]+@/g;
const DEFINITIONS = /^(\s*\$\w*(?:PASS|SECRET|TOKEN|KEY)\w*\s*=).*$/i;

/** Options of commands, and settings of HAProxy, that may hold one. */
const OPTIONS = /(\s(?:-u|-H|--user|--header|hdr|(?:pre)?setenv\s+\S+)[\s=]+)\S.*$/;
const ENVIRONMENT = /^(\s*(?:pre)?setenv\s+\S+\s+)\S.*$/;

/** A line of a configuration as it may be shown: what follows a word for a secret is `***`. */
export function masked(line: string): string {
  return line
    .replace(DEFINITIONS, '$1 ***')
    .replace(ENVIRONMENT, '$1***')
    .replace(SECRETS, '$1$2***')
    .replace(OPTIONS, '$1***')
    .replaceAll(IN_URLS, '$1:***@');
}
