import type { ClusterShown } from '../../session/session-event.js';
import { chosen, MODE } from './model.js';
import { conditionOf } from './node-box.js';
import { answeredBy, type PageState } from './state.js';

/** The picture for who does not see it, and for whoever wants it in words. */
export function NodeTable({ state, cluster }: { state: PageState; cluster: ClusterShown }) {
  return (
    <details class="table">
      <summary>The same as a table</summary>
      <table>
        <thead>
          <tr>
            {['node', 'VRRP', 'virtual IP', 'app', 'HAProxy', 'keepalived', 'cable', 'answers/s'].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cluster.tiers.flatMap((tier) => {
            const rates = state.rates(answeredBy(tier.name));
            return tier.nodes.map(({ name }) => {
              const seen = state.nodes.get(name);
              const isOff = seen !== undefined && seen.power !== 'on';
              return (
                <tr key={name}>
                  <th scope="row">
                    {MODE === 'live' ? (
                      <button type="button" class="link" onClick={() => (chosen.value = name)}>
                        {name}
                      </button>
                    ) : (
                      name
                    )}
                  </th>
                  <td>{isOff ? seen.power : (state.lanes.now(name) ?? 'unknown')}</td>
                  <td>{state.holders.get(tier.name)?.includes(name) ? tier.virtualIp : '-'}</td>
                  <td>{conditionOf(state, tier, name, 'app')}</td>
                  <td>{conditionOf(state, tier, name, 'haproxy')}</td>
                  <td>{conditionOf(state, tier, name, 'keepalived')}</td>
                  <td>{seen?.link === 'down' ? 'out' : seen?.link === 'up' ? 'in' : '-'}</td>
                  <td>{rates[name] ?? 0}</td>
                </tr>
              );
            });
          })}
        </tbody>
      </table>
    </details>
  );
}
