/**
 * Prints when units were started; `unitStartsIn` reads it. systemd before version 253 tells the time of day to the second
 * only, so it is asked for the time since the boot (systemd.unit(5), proc_uptime(5)).
 */
export function unitStartsCommand(units: string[]): string {
  const properties = '--property=Id --property=ExecMainStartTimestampMonotonic';
  return `echo now $(date +%s%3N) $(cut -d ' ' -f 1 /proc/uptime); systemctl show ${properties} ${units.join(' ')}`;
}

/** Reads what `unitStartsCommand` prints. @returns unit, without `.service` -> ms since 1970; units never started are missing */
export function unitStartsIn(output: string): Map<string, number> {
  const [, now, uptime] = /^now (\d+) ([\d.]+)$/m.exec(output) ?? [];
  const bootedAtMs = Number(now) - Number(uptime) * 1000;
  const starts = new Map<string, number>();
  for (const block of output.split(/\n{2,}/)) {
    const [, unit] = /^Id=(.+)\.service$/m.exec(block) ?? [];
    const sinceBootUs = Number(/^ExecMainStartTimestampMonotonic=(\d+)$/m.exec(block)?.[1]);
    if (unit !== undefined && sinceBootUs > 0) starts.set(unit, bootedAtMs + sinceBootUs / 1000);
  }
  return starts;
}
