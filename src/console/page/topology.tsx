import type { ClusterShown } from '../../session/session-event.js';
import { shown } from './model.js';
import { NodeBox } from './node-box.js';
import { NodeTable } from './node-table.js';
import { answeredBy, type PageState } from './state.js';

const WIDTH = 920;
const CLIENT = { x: 14, width: 96 };
/** Of the nodes of each tier. */
const BOX = { width: 268, height: 84 };
const TIER_X = [186, 630];
const TOP = 58;
const BUS_GAP = 38;
/** Between a tier and the line on which its requests to the next one meet. */
const SPINE_GAP = 60;

type Tier = ClusterShown['tiers'][number];

/** Where things are drawn. */
interface Place {
  x: number;
  y: number;
}

/** The cluster as it is now: who holds what, what runs, and where requests go. */
export function Topology() {
  const state = shown();
  const { cluster } = state;
  if (!cluster) return null;
  const most = Math.max(...cluster.tiers.map(({ nodes }) => nodes.length));
  const pitch = most > 4 ? 100 : 122;
  const height = TOP + most * pitch + 8;
  const placeOf = (tier: Tier, tierIndex: number, index: number): Place => ({
    x: TIER_X[tierIndex]!,
    y: TOP + ((most - tier.nodes.length) * pitch) / 2 + index * pitch,
  });
  const middle = TOP + (most * pitch) / 2 - 16;
  /** Paths from who asks a tier to where they leave for its LAN. */
  const sourcesOf = (tier: Tier, at: number): string[] => {
    const right = CLIENT.x + CLIENT.width;
    if (tier === state.asked) return [at === 0 ? `M${right} ${middle}` : `M${right} ${middle}h16V${TOP - 28}`];
    // Nodes of a tier that answer ask the next one.
    return Object.keys(state.rates('byFrontend'))
      .flatMap((name) => places[at - 1]?.get(name) ?? [])
      .map(({ x, y }) => `M${x + BOX.width} ${y + BOX.height / 2}h${SPINE_GAP}`);
  };
  const places = cluster.tiers.map(
    (tier, at) => new Map(tier.nodes.map(({ name }, index) => [name, placeOf(tier, at, index)])),
  );
  return (
    <div class="picture">
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="group" aria-label="The cluster" class="topology">
        <Client y={middle} rate={state.ratePerSecond} />
        {cluster.tiers.map((tier, at) => (
          <TierView
            key={tier.name}
            {...{ state, tier }}
            places={places[at]!}
            busX={TIER_X[at]! - BUS_GAP}
            sources={sourcesOf(tier, at)}
          />
        ))}
        {cluster.tiers.map((tier, at) => (
          <Badges key={tier.name} state={state} tier={tier} places={places[at]!} middle={middle} at={at} />
        ))}
      </svg>
      <NodeTable state={state} cluster={cluster} />
    </div>
  );
}

function Client({ y, rate }: { y: number; rate: number }) {
  return (
    <g class="client" transform={`translate(${CLIENT.x} ${y - 30})`}>
      <rect width={CLIENT.width} height="60" rx="30" />
      <text x={CLIENT.width / 2} y="27" class="name middle">
        clients
      </text>
      <text x={CLIENT.width / 2} y="45" class="small middle">
        {rate > 0 ? `${rate} requests/s` : '-'}
      </text>
    </g>
  );
}

interface TierProps {
  state: PageState;
  tier: Tier;
  places: Map<string, Place>;
  /** Of the LAN's line before it. */
  busX: number;
  /** Where its clients are: paths to where they leave for it. */
  sources: string[];
}

function TierView({ state, tier, places, busX, sources }: TierProps) {
  const rates = state.rates(answeredBy(tier.name));
  const all = Object.values(rates).reduce((sum, rate) => sum + rate, 0);
  const middleOf = (name: string) => places.get(name)!.y + BOX.height / 2;
  const ys = tier.nodes.map(({ name }) => middleOf(name));
  const x = busX + BUS_GAP;
  const holders = all > 0 ? (state.holders.get(tier.name) ?? []) : [];
  return (
    <g>
      <text x={x} y="18" class="tier">
        {`${tier.name} tier`}
      </text>
      <path class="lan" d={`M${busX} ${Math.min(...ys)}V${Math.max(...ys)}`} />
      {tier.nodes.map(({ name }) => (
        <Cable key={name} busX={busX} y={middleOf(name)} isOut={state.nodes.get(name)?.link === 'down'} />
      ))}
      {holders.flatMap((holder) => [
        ...sources.map((path) => (
          <path key={`${path} ${holder}`} class="flow" d={`${path}H${busX}V${middleOf(holder)}H${x}`} />
        )),
        ...tier.nodes
          .filter(({ name }) => name !== holder && (rates[name] ?? 0) > 0)
          .map(({ name }) => (
            <path
              key={`${holder} ${name}`}
              class="flow shared"
              d={`M${x} ${middleOf(holder) + 14}H${x - 14}V${middleOf(name)}H${x}`}
            />
          )),
      ])}
      {tier.nodes.map((node) => (
        <NodeBox
          key={node.name}
          {...{ state, tier, node, ...BOX }}
          place={places.get(node.name)!}
          rate={rates[node.name] ?? 0}
          share={all > 0 ? (rates[node.name] ?? 0) / all : 0}
        />
      ))}
    </g>
  );
}

function Cable({ busX, y, isOut }: { busX: number; y: number; isOut: boolean }) {
  if (!isOut) return <path class="lan" d={`M${busX} ${y}h${BUS_GAP}`} />;
  return (
    <g class="cut">
      <path class="lan" d={`M${busX} ${y}h10m18 0h10`} />
      <path class="cross" d={`M${busX + 13} ${y - 6}l12 12m0 -12l-12 12`} />
      <text x={busX + 19} y={y - 12} class="small middle">
        cut
      </text>
    </g>
  );
}

/** The virtual IP of a tier, at each node that has it. One that nobody has is beside the LAN. */
function Badges(props: { state: PageState; tier: Tier; places: Map<string, Place>; middle: number; at: number }) {
  const { state, tier, places, middle, at } = props;
  const holders = state.holders.get(tier.name);
  if (!holders) return null;
  const atHome = holders.map((name) => places.get(name)!);
  const badges = atHome.length > 0 ? atHome : [{ x: TIER_X[at]! - 20, y: middle - 4 }];
  const told = holders.length === 1 ? '' : holders.length === 0 ? ': nobody has it' : `: ${holders.length} holders!`;
  return (
    <>
      {badges.map(({ x, y }, index) => (
        <g
          key={index}
          class={`badge ${holders.length === 1 ? '' : 'wrong'}`}
          data-tier={tier.name}
          data-holders={holders.join(' ')}
          style={{ transform: `translate(${x + 8}px, ${y - 13}px)` }}
        >
          <rect width={told === '' ? 136 : 250} height="25" rx="4" />
          <path d="M9 12.5l6 -6 6 6 -6 6z" class="diamond" />
          <text x="27" y="17">{`${tier.virtualIp}${told}`}</text>
        </g>
      ))}
    </>
  );
}
