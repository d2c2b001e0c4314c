/**
 * Scripts for bash, run as root, that take an interface down as if its cable were pulled, and up again. What the kernel forgets of an
 * interface that is down is put back: routes of the main table, and with IPv6 addresses (ip-route(8); keep_addr_on_down in the kernel's
 * ip-sysctl). A second call changes nothing.
 */
export function unplugScript(lanInterface: string): string {
  return `if [ -e ${KEPT} ]; then exit 0; fi
    mkdir -p ${KEPT}.new
    for family in 4 6; do ip -$family route show dev ${lanInterface} >${KEPT}.new/routes-$family; done
    keep=/proc/sys/net/ipv6/conf/${lanInterface}/keep_addr_on_down
    if [ -e $keep ]; then cat $keep >${KEPT}.new/keep_addr_on_down; echo 1 >$keep; fi
    mv ${KEPT}.new ${KEPT}
    ip link set dev ${lanInterface} down`;
}

/** Changes nothing where the interface has not been taken down. */
export function plugScript(lanInterface: string): string {
  return `if [ -e ${KEPT} ]; then
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

/**
 * For `Remote.run`: prints the interface over which the host answers who runs it, or the one that this is made of (a VLAN's); nothing where
 * that cannot be told.
 */
export const PRINT_CONTROL_INTERFACE = `set -- $SSH_CONNECTION
  name=$(ip -oneline route get "$1" | sed -nE 's/.* dev ([^ ]+).*/\\1/p')
  ip -oneline link show dev "$name" | sed -nE 's/^[0-9]+: ([^:@]+)(@([^:]+))?:.*/\\1 \\3/p' | awk '{ print $NF }'`;
