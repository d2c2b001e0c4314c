import { KEEPALIVED_MANUAL, keepalivedIssue, rfc, type Rule } from '../finding.js';

export const advertIntervalRounded: Rule = {
  id: 'advert-interval-rounded',
  severity: 'warning',
  title: 'VRRP version 2 knows whole seconds only',
  why: `The interval stands in the advert as a number of seconds. keepalived rounds a fraction, and half a second becomes one: a failover takes longer
than the file says. Version 3 knows hundredths of a second.`,
  wrong: `advert_int 0.5`,
  right: `global_defs {
    vrrp_version 3
}
vrrp_instance EDGE {
    advert_int 0.5
}`,
  sources: [rfc(3768, '5.3.7'), KEEPALIVED_MANUAL, keepalivedIssue(1615)],
  find: ({ nodes }) =>
    nodes.flatMap(({ keepalived }) =>
      (keepalived?.model.instances ?? [])
        .filter(({ version, writtenIntervalMs }) => version === 2 && writtenIntervalMs % 1000 !== 0)
        .map(({ advertisementIntervalMs: { value, position }, writtenIntervalMs }) => ({
          position,
          happens: `With VRRP version 2 keepalived makes ${value / 1000} s of ${writtenIntervalMs / 1000} s.`,
          instead: 'Set vrrp_version 3 on all nodes, or use whole seconds.',
        })),
    ),
};
