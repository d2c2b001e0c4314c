/** What a name, a message of an engine or a shell may contain, and what would break out of HTML, a script or XML. */
export const NASTY =
  '</script><script>alert(1)</script><!-- "double" \'single\' `tick` & &amp; ]]> {{cluster}} \u2028\u2029\u0000\u0007\u001b[31m\uD800 \r\n\tü €';

/** The same value with every string in it replaced, except what `keep` says. */
export function withStrings<T>(value: T, replace: (text: string, key: string) => string): T {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) => (typeof each === 'string' ? replace(each, key) : each)),
  ) as T;
}
