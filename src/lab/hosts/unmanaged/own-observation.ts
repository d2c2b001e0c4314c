import type { NodeObservation, PowerState, ServiceCondition } from '../../lab.js';

/** For `Remote.run`, of any user: prints what `observationIn` reads of a host. @param units of HAProxy and of keepalived */
export function observeCommand(lanInterface: string, units: [haproxy: string, keepalived: string]): string {
  return `echo link $(cat /sys/class/net/${lanInterface}/carrier 2>/dev/null)
    ip -oneline -4 address show scope global | awk '$2 != "lo" { split($4, address, "/"); print "address", address[1] }'
    for unit in ${units.join(' ')}; do
      main=$(systemctl show --property=MainPID $unit | cut -d = -f 2)
      state=$(sed -nE 's/^.*\\) ([A-Za-z]) .*/\\1/p' /proc/$main/stat 2>/dev/null)
      echo unit $(systemctl is-active $unit) $state
    done`;
}

/** @param output of `observeCommand`; undefined where the host could not be asked */
export function observationIn(
  output: string | undefined,
  { node, power, virtualIps }: { node: string; power: PowerState; virtualIps: string[] },
): NodeObservation {
  const lines = (output ?? '').split('\n').map((line) => line.split(' '));
  const of = (kind: string) => lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  const [haproxy, keepalived] = of('unit').map(conditionOf);
  const vipsHeld = of('address').flatMap(([address = '']) => (virtualIps.includes(address) ? [address] : []));
  return {
    ...{ node, power, vipsHeld },
    link: output === undefined ? 'unknown' : of('link')[0]?.[0] === '1' ? 'up' : 'down',
    services: { app: 'none', haproxy: haproxy ?? 'down', keepalived: keepalived ?? 'down' },
    vrrpState: keepalived !== 'up' ? 'unknown' : vipsHeld.includes(virtualIps[0]!) ? 'MASTER' : 'BACKUP',
    ...{ detectors: [], secondChance: 'off', advertFilter: 'unavailable', foreignAdverts: [], addressClaims: [] },
    servers: [],
  };
}

/** @param state of the main process: T is one that has been stopped (proc_pid_stat(5)) */
function conditionOf([active, state]: string[]): ServiceCondition {
  if (active !== 'active' && active !== 'reloading') return 'down';
  return state === 'T' ? 'hung' : 'up';
}
