/**
 * Scripts for bash, run as root, that take an interface down as if its cable were pulled, and up again. What the kernel forgets of an
 * interface that is down is put back: routes, and with IPv6 addresses (ip-route(8); keep_addr_on_down in the kernel's ip-sysctl).
 */
export function unplugScript(lanInterface: string): string {
  return `mkdir -p ${KEPT}
    for family in 4 6; do ip -$family route show dev ${lanInterface} >${KEPT}/routes-$family; done
    keep=/proc/sys/net/ipv6/conf/${lanInterface}/keep_addr_on_down
    if [ -e $keep ]; then cat $keep >${KEPT}/keep_addr_on_down; echo 1 >$keep; fi
    ip link set dev ${lanInterface} down`;
}

/** Changes nothing where the interface has not been taken down. */
export function plugScript(lanInterface: string): string {
  return `if [ -e ${KEPT}/routes-4 ]; then
      ip link set dev ${lanInterface} up
      for family in 4 6; do
        while read -r route; do ip -$family route replace $route dev ${lanInterface} 2>/dev/null || true; done <${KEPT}/routes-$family
      done
      if [ -e ${KEPT}/keep_addr_on_down ]; then
        cat ${KEPT}/keep_addr_on_down >/proc/sys/net/ipv6/conf/${lanInterface}/keep_addr_on_down
      fi
      rm -r ${KEPT}
    fi`;
}

const KEPT = '/run/ha-demo-unplugged';

/** For `Remote.run`: prints the interface over which the host is reached by it; nothing where that cannot be told. */
export const PRINT_CONTROL_INTERFACE =
  'set -- $SSH_CONNECTION; ip -oneline address show | awk -v own="$3" \'{ split($4, address, "/"); if (address[1] == own) print $2 }\'';
