import type { NodeObservation } from './lab.js';

/**
 * Whether a node runs on today's configuration. `refused`: HAProxy or keepalived has refused a file and runs on the previous
 * one. `older`: a service, or what is rendered, is not of today. `unknown`: the node does not tell.
 */
export interface ConfigurationState {
  state: 'current' | 'older' | 'refused' | 'unknown';
  /** What is not current. */
  reasons: string[];
}

/**
 * Compares what a node runs on with what cluster.yaml and the templates say.
 * @param manifestToday of what would be rendered for the node now, see `manifestOf`
 */
export function configurationState(
  { services, configuration }: NodeObservation,
  manifestToday: string[],
): ConfigurationState {
  if (!configuration) return { state: 'unknown', reasons: [] };
  const { manifest, stale, refused } = configuration;
  const reasons = refused.map(({ file, reason }) => `${file} is refused, the previous one is in use: ${reason}`);
  const older = stale.filter(
    (service) => services[service] !== 'down' && !refused.some(({ file }) => file.startsWith(service)),
  );
  if (older.length > 0) reasons.push(`what is rendered is newer than what ${older.join(' and ')} started with`);
  if (manifest.join() !== manifestToday.join())
    reasons.push('cluster.yaml or the templates have changed since: ./ha-demo up');
  if (refused.length > 0) return { state: 'refused', reasons };
  return { state: reasons.length > 0 ? 'older' : 'current', reasons };
}
