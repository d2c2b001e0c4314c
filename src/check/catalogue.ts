import type { Rule } from './finding.js';
import { advertIntervalDiffers } from './rules/advert-interval-differs.js';
import { advertIntervalRounded } from './rules/advert-interval-rounded.js';
import { authenticationDiffers } from './rules/authentication-differs.js';
import { backendNotDefined } from './rules/backend-not-defined.js';
import { bindOnVirtualIp } from './rules/bind-on-virtual-ip.js';
import { checkDependsOnServers } from './rules/check-depends-on-servers.js';
import { checkNotDefined } from './rules/check-not-defined.js';
import { commentCutsValue } from './rules/comment-cuts-value.js';
import { haproxyNotWatched } from './rules/haproxy-not-watched.js';
import { multicastMeetsUnicast } from './rules/multicast-meets-unicast.js';
import { nopreemptMakesWeightsUseless } from './rules/nopreempt-makes-weights-useless.js';
import { nopreemptNeedsBackup } from './rules/nopreempt-needs-backup.js';
import { onlyOneNode } from './rules/only-one-node.js';
import { ownerIgnoresWeights } from './rules/owner-ignores-weights.js';
import { haproxyRefuses, haproxyWarns, keepalivedComplains } from './rules/programs.js';
import { routerIdTwice } from './rules/router-id-twice.js';
import { samePriority } from './rules/same-priority.js';
import { scriptBehindSymlink } from './rules/script-behind-symlink.js';
import { scriptNeverTracked } from './rules/script-never-tracked.js';
import { serverWithoutCheck } from './rules/server-without-check.js';
import { slowDetection } from './rules/slow-detection.js';
import { syncGroupDropsWeights } from './rules/sync-group-drops-weights.js';
import { timeoutsMissing } from './rules/timeouts-missing.js';
import { unbalanced } from './rules/unbalanced.js';
import { unicastPeerMissing } from './rules/unicast-peer-missing.js';
import { unicastPeerUnknown } from './rules/unicast-peer-unknown.js';
import { versionDiffers } from './rules/version-differs.js';
import { virtualIpTwice } from './rules/virtual-ip-twice.js';
import { virtualIpsDiffer } from './rules/virtual-ips-differ.js';
import { weightSmallerThanPriorityGap } from './rules/weight-smaller-than-priority-gap.js';

/** Every rule, in the order of docs/check.md: who is master, what is watched, how nodes hear each other, HAProxy, the files, what the programs say. */
export const RULES: readonly Rule[] = [
  weightSmallerThanPriorityGap,
  nopreemptMakesWeightsUseless,
  nopreemptNeedsBackup,
  ownerIgnoresWeights,
  syncGroupDropsWeights,
  samePriority,
  scriptNeverTracked,
  scriptBehindSymlink,
  haproxyNotWatched,
  checkNotDefined,
  checkDependsOnServers,
  slowDetection,
  advertIntervalDiffers,
  advertIntervalRounded,
  versionDiffers,
  authenticationDiffers,
  unicastPeerUnknown,
  unicastPeerMissing,
  multicastMeetsUnicast,
  onlyOneNode,
  routerIdTwice,
  virtualIpsDiffer,
  virtualIpTwice,
  bindOnVirtualIp,
  serverWithoutCheck,
  timeoutsMissing,
  backendNotDefined,
  commentCutsValue,
  unbalanced,
  haproxyRefuses,
  haproxyWarns,
  keepalivedComplains,
];
