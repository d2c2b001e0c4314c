import type { VrrpCheck } from '../configuration/keepalived/checks.js';
import { syncGroupWith, type Track, type VrrpInstance } from '../configuration/keepalived/model.js';
import type { CheckedNode } from './checked-cluster.js';
import { programBehindLink } from './script-path.js';
import { type Sight, sightOf } from './sight.js';

/** A check that decides about an instance. */
export interface TrackedCheck {
  track: Track;
  check: VrrpCheck;
  /** In force: the track's own, or else the check's. */
  weight: number;
  sight: Sight;
}

/**
 * The scripts, files and processes that an instance tracks, itself or through its sync group; those that are defined. What puts one
 * member of a sync group into FAULT does so with all of them. What has a weight keepalived drops there, unless the group says that it counts
 * (vrrp.c: vrrp_complete_instance).
 */
export function tracksOf(node: CheckedNode, instance: VrrpInstance): TrackedCheck[] {
  const { checks } = node.keepalived!.model;
  const { group, others } = syncGroupWith(instance, node.keepalived!.model);
  const trackedOf = (tracks: Track[]) =>
    tracks.flatMap((track): TrackedCheck[] => {
      const check = checks.find(({ kind, name }) => kind === track.kind && name === track.name);
      // What is good and what is not change places with `reverse`: that is left to people.
      if (!check || track.isReversed || check.isReversed || programBehindLink(check) !== undefined) return [];
      return [{ track, check, weight: track.weight ?? check.weight, sight: sightOf(check, node) }];
    });
  const isDropped = ({ weight, check }: TrackedCheck) =>
    weight !== 0 && check.kind !== 'process' && group !== undefined && !group.tracksWeights;
  const own = trackedOf(instance.tracks)
    // The weight that a file has by itself is only taken away.
    .map((one) => (isDropped(one) && one.check.kind === 'file' && one.weight === 1 ? { ...one, weight: 0 } : one))
    .filter((one) => !isDropped(one));
  const ofOthers = others.flatMap(({ tracks }) => trackedOf(tracks)).filter(({ weight }) => weight === 0);
  const all = [...own, ...trackedOf(group?.tracks ?? []), ...ofOthers];
  return all.filter(
    ({ check, weight }, at) => all.findIndex((one) => one.check === check && one.weight === weight) === at,
  );
}

/** From a failure until the check counts it, in milliseconds: luck and bad luck with the moment. */
export function detectionMs(
  { check, sight }: TrackedCheck,
  failure: 'haproxy-dies' | 'haproxy-hangs',
): [number, number] {
  const known = sight.detectionMs?.[failure];
  if (known) return known;
  if (check.kind !== 'script') return [check.delayMs, check.delayMs];
  const { intervalMs, fall } = check;
  if (failure === 'haproxy-dies') return [(fall - 1) * intervalMs, fall * intervalMs];
  const { patienceMs } = sight;
  const soonest = (fall - 1) * Math.max(intervalMs, patienceMs) + patienceMs;
  return [soonest, soonest + intervalMs];
}
