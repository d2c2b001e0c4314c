import { render } from 'preact';
import type { ToldAt } from '../page-event.js';
import { Controls } from './controls.js';
import { Feel } from './feel.js';
import { listen } from './live.js';
import { Log } from './log.js';
import { connection, MODE, shown, wish } from './model.js';
import { Player } from './player.js';
import { Replay } from './replay.js';
import { Topology } from './topology.js';
import { titleOf } from './words.js';

function Page({ player }: { player: Player | undefined }) {
  // All of it at once, so that nothing jumps.
  const isKnown = shown().nodes.size > 0;
  return (
    <>
      <Head />
      {isKnown ? <Main /> : <main class="soft">Waiting for the lab …</main>}
      {player && <Replay player={player} />}
    </>
  );
}

function Main() {
  const isLost = shown().lost !== undefined || connection.value !== 'open';
  return (
    <main class={`${MODE} ${isLost ? 'lost' : ''}`}>
      <div class="column">
        <section aria-label="Cluster">
          <Topology />
        </section>
        <Feel />
      </div>
      <div class="column">
        {MODE === 'live' && <Controls />}
        <Log />
      </div>
    </main>
  );
}

function Head() {
  const state = shown();
  const { cluster, report } = state;
  return (
    <header>
      <h1>{cluster ? cluster.name : 'ha-demo'}</h1>
      <span class="soft">{cluster && `${cluster.lab}, profile ${cluster.profile}`}</span>
      <Health />
      {report && MODE !== 'replay' && (
        <a href={report.path} target="_blank" rel="noreferrer">
          {`Report: ${report.verdict}`}
        </a>
      )}
      {MODE === 'live' && <Heal />}
      {MODE === 'read-only' && <span class="soft">read-only</span>}
    </header>
  );
}

/** In one line, what the matter is. */
function Health() {
  const state = shown();
  if (connection.value === 'ended')
    return <strong class="health bad">✘ This console has ended: open the link of the new one</strong>;
  if (connection.value === 'away')
    return <strong class="health bad">✘ The console does not answer; trying again</strong>;
  if (state.lost !== undefined)
    return <strong class="health bad">{`✘ The lab cannot be watched: ${state.lost}`}</strong>;
  if (state.nodes.size === 0) return <strong class="health">…</strong>;
  const { phase, campaign, problems, standing } = state;
  if (phase) {
    const drill = campaign ? `drill ${campaign.begun} of ${campaign.runs}: ` : '';
    return <strong class="health busy">{`⚡ ${drill}${titleOf(phase)}: ${phase.phase}`}</strong>;
  }
  if (standing.faults.length > 0) {
    const faults = standing.faults.map(({ fault, node }) => `${fault} on ${node}`).join(' and ');
    return (
      <strong class="health busy">{`⚡ ${faults}${standing.owner === 'nobody' ? ', left by whoever broke it' : ''}`}</strong>
    );
  }
  if (problems.length === 0) return <strong class="health good">✔ steady state</strong>;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  return <strong class="health bad" title={problems.join('\n')}>{`✘ ${problems[0]}${more}`}</strong>;
}

/** Always in reach. */
function Heal() {
  const { standing, phase } = shown();
  const isBroken = standing.faults.length > 0 || phase !== undefined;
  const isElsewhere = standing.owner === 'another';
  return (
    <button
      type="button"
      class="heal"
      disabled={!isBroken || isElsewhere}
      title={isElsewhere ? 'another program has broken it, and mends it' : 'mends what is broken, and ends a drill'}
      onClick={() => void wish('heal', {})}
    >
      ✚ Heal
    </button>
  );
}

async function recording(): Promise<ToldAt[]> {
  const inPage = document.getElementById('recording');
  if (inPage) return JSON.parse(inPage.textContent) as ToldAt[];
  return (await (await fetch('recording')).json()) as ToldAt[];
}

async function start(root: HTMLElement): Promise<void> {
  if (MODE === 'replay') {
    const player = new Player(await recording());
    render(<Page player={player} />, root);
  } else {
    render(<Page player={undefined} />, root);
    listen();
  }
}

void start(document.getElementById('console')!);
