import type { ClusterShown } from '../../session/session-event.js';
import { chosen, MODE } from './model.js';
import type { PageState } from './state.js';

type Tier = ClusterShown['tiers'][number];
type Service = 'app' | 'haproxy' | 'keepalived';

const SERVICES: { name: Service; label: string; x: number; width: number }[] = [
  { name: 'app', label: 'app', x: 10, width: 72 },
  { name: 'haproxy', label: 'HAProxy', x: 87, width: 80 },
  { name: 'keepalived', label: 'keepalived', x: 172, width: 88 },
];
/** Of the answers of all the tier. */
const BAR_WIDTH = 90;
const SIGNS: Record<string, string> = { down: '✘', hung: '‖', out: '⊘' };

/** `up`, `down`, `hung`; of an app that runs, and gets no requests since HAProxy takes it for down: `out`; `-` when nobody knows. */
export function conditionOf(state: PageState, tier: Tier, node: string, service: Service): string {
  const seen = state.nodes.get(node);
  if (!seen) return '-';
  if (seen.power === 'off') return 'down';
  const condition = seen.services[service];
  if (service !== 'app' || condition !== 'up') return condition;
  const asked = state.holders.get(tier.name) ?? [];
  return asked.some((holder) => state.lanes.now(`${holder} sees ${node}`) === 'DOWN') ? 'out' : 'up';
}

/** What is broken on purpose at a node, or at its tier. */
function faultsAt({ standing, phase }: PageState, tier: string, node: string): string[] {
  if (phase) {
    const isBroken = ['fault', 'outage', 'heal'].includes(phase.phase);
    return isBroken && phase.tier === tier && (phase.node ?? node) === node ? [phase.fault] : [];
  }
  return standing.faults.filter((fault) => fault.node === node).map(({ fault }) => fault);
}

/** Where something can be broken, a node is chosen for it. */
const BUTTON = { role: 'button', tabindex: 0 } as const;

interface Props {
  state: PageState;
  tier: Tier;
  node: { name: string; address: string };
  place: { x: number; y: number };
  width: number;
  height: number;
  rate: number;
  /** Of the tier's answers, 0 to 1. */
  share: number;
}

/** A node: its name, its VRRP state, its services, and how much it answers. */
export function NodeBox({ state, tier, node, place, width, height, rate, share }: Props) {
  const { name, address } = node;
  const seen = state.nodes.get(name);
  const isOff = seen !== undefined && seen.power !== 'on';
  const vrrp = isOff ? (seen.power === 'off' ? 'OFF' : 'STILL') : (state.lanes.now(name) ?? '…');
  const faults = faultsAt(state, tier.name, name);
  const isChosen = MODE === 'live' && chosen.value === name;
  const choose = () => void (chosen.value = name);
  const conditions = SERVICES.map((service) => ({
    ...service,
    condition: conditionOf(state, tier, name, service.name),
  }));
  return (
    <g
      class={`node ${isOff ? 'off' : ''} ${isChosen ? 'chosen' : ''} ${faults.length > 0 ? 'broken' : ''}`}
      transform={`translate(${place.x} ${place.y})`}
      {...(MODE === 'live' && BUTTON)}
      aria-pressed={MODE === 'live' ? isChosen : undefined}
      data-node={name}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        choose();
      }}
    >
      <rect class="box" width={width} height={height} rx="8" />
      <text x="10" y="32" class="name">
        {name}
      </text>
      <g class={`state ${vrrp}`} transform={`translate(${width - 90} 8)`}>
        <rect width="82" height="20" rx="10" />
        <text x="41" y="14.5" class="middle">
          {vrrp}
        </text>
      </g>
      {conditions.map(({ name: service, label, x, width: wide, condition }) => (
        <g key={service} class={`service ${condition}`} transform={`translate(${x} 40)`} data-service={service}>
          <rect width={wide} height="20" rx="3" />
          <text x={wide / 2} y="14.5" class="middle">
            {condition in SIGNS ? `${SIGNS[condition]} ${label}` : label}
          </text>
          {condition in SIGNS && <title>{`${label} is ${condition}`}</title>}
        </g>
      ))}
      <rect class="share" x="10" y="68" width={Math.round(share * BAR_WIDTH)} height="8" rx="2" />
      <text x={15 + Math.round(share * BAR_WIDTH)} y="76" class="small">
        {`${rate}/s`}
      </text>
      <text x={width - 10} y="77" class={`end ${faults.length > 0 ? 'fault' : 'small'}`}>
        {faults.length > 0 ? `⚡ ${faults.join(', ')}` : address}
      </text>
    </g>
  );
}
