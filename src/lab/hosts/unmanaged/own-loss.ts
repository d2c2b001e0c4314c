import { quoted } from '../../remote.js';
import type { LossOptions } from '../../fault-ports.js';

/* Scripts for bash, as root, on hosts whose firewall is somebody else's: a table of nftables of ha-demo's own, or with iptables a chain. */

const NAME = 'ha_demo_loss';

/** Replaces what was dropped before. */
export function lossScript(lanInterface: string, share: number, { from = [], packets = 'all' }: LossOptions): string {
  const sources = from.length > 0 ? from : ['0.0.0.0/0'];
  const protocol = packets === 'adverts' ? 'ip protocol 112' : '';
  const nftRules = sources.map(
    (address) =>
      `${from.length > 0 ? '' : `iifname "${lanInterface}"`} ip saddr ${address} ${protocol} ${share < 1 ? `numgen random mod 1000000 < ${Math.round(share * 1_000_000)}` : ''} drop`,
  );
  const table = [
    `table ip ${NAME} {`,
    'chain arriving {',
    'type filter hook prerouting priority -350; policy accept;',
    ...nftRules,
    '}',
    '}',
  ].join('\n');
  const iptablesRules = sources.map((address) =>
    [
      ...['iptables -w -t raw -A', NAME, '-s', address, ...(from.length > 0 ? [] : ['-i', lanInterface])],
      ...(packets === 'adverts' ? ['-p', '112'] : []),
      ...(share < 1 ? ['-m statistic --mode random --probability', share] : []),
      '-j DROP',
    ].join(' '),
  );
  return `${noLossScript()}
    if command -v nft >/dev/null; then nft ${quoted(table)}
    elif command -v iptables >/dev/null; then
      iptables -w -t raw -N ${NAME}
      ${iptablesRules.join('\n      ')}
      iptables -w -t raw -A PREROUTING -j ${NAME}
    else echo 'has neither nft nor iptables, so it cannot lose packets' >&2; exit 1
    fi`;
}

/** Changes nothing where nothing is dropped. */
export function noLossScript(): string {
  return `if command -v nft >/dev/null && nft list table ip ${NAME} >/dev/null 2>&1; then nft delete table ip ${NAME}; fi
    if command -v iptables >/dev/null && iptables -w -t raw -n -L ${NAME} >/dev/null 2>&1; then
      iptables -w -t raw -D PREROUTING -j ${NAME} 2>/dev/null || true
      iptables -w -t raw -F ${NAME}
      iptables -w -t raw -X ${NAME}
    fi`;
}
