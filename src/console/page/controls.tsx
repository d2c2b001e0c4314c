import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { CatalogueEntry, CataloguePlace } from '../page-event.js';
import { chosen, connection, refusal, shown, wish } from './model.js';

const catalogue = signal<CatalogueEntry[]>([]);
const fault = signal<string | undefined>(undefined);
const parameter = signal('');
const runs = signal(3);

async function loadCatalogue(): Promise<void> {
  const response = await fetch('catalogue');
  if (response.ok) catalogue.value = (await response.json()) as CatalogueEntry[];
}

/** What can be broken where, what is predicted of it, and the buttons that do it. */
export function Controls() {
  const { cluster } = shown();
  // It is of the cluster as it is: asked for again when that may be another one.
  useEffect(() => {
    if (cluster && connection.value === 'open') void loadCatalogue();
  }, [cluster, connection.value]);
  if (!cluster) return null;
  const places = cluster.tiers.flatMap(({ name, nodes }) => [...nodes.map((node) => node.name), name]);
  const place = chosen.value ?? places[0]!;
  const tiers = new Set<string>(cluster.tiers.map(({ name }) => name));
  const entry = catalogue.value.find((one) => one.fault === fault.value);
  const at = entry?.places.find((one) => one.place === place);
  return (
    <section class="controls" aria-label="Break it">
      <h2>Break it</h2>
      <label>
        where
        <select value={place} onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}>
          {places.map((name) => (
            <option key={name} value={name}>
              {tiers.has(name) ? `the ${name} tier` : name}
            </option>
          ))}
        </select>
      </label>
      <FaultList place={place} isTier={tiers.has(place)} />
      {entry && at && <Chosen entry={entry} at={at} />}
      <p class="refusal" role="alert">
        {refusal.value}
      </p>
    </section>
  );
}

function FaultList({ place, isTier }: { place: string; isTier: boolean }) {
  const groups = [...Map.groupBy(catalogue.value, ({ tag }) => tag)];
  return (
    <div class="faults">
      {groups.map(([tag, entries]) => {
        // A fault of whole tiers is no matter of a node, nor the other way round.
        const own = entries
          .filter(({ scope }) => isTier === (scope === 'tier'))
          .map((entry) => ({ entry, at: entry.places.find((one) => one.place === place) }));
        return (
          own.length > 0 && (
            <fieldset key={tag}>
              <legend>{tag}</legend>
              {own.map(({ entry, at }) => (
                <FaultButton key={entry.fault} entry={entry} at={at} />
              ))}
            </fieldset>
          )
        );
      })}
    </div>
  );
}

/** Greyed, with the reason, when it can be done neither by hand nor as a drill. */
function FaultButton({ entry, at }: { entry: CatalogueEntry; at: CataloguePlace | undefined }) {
  const reason = at
    ? (at.refusedByHand !== null && at.refusedAsDrill) || undefined
    : `it concerns ${entry.places.map(({ place }) => place).join(', ')}`;
  return (
    <button
      type="button"
      aria-pressed={fault.value === entry.fault}
      aria-disabled={reason !== undefined}
      title={reason ?? entry.description}
      data-fault={entry.fault}
      onClick={() => {
        if (reason === undefined) fault.value = entry.fault;
        refusal.value = reason === undefined ? '' : `${entry.fault}: ${reason}`;
        parameter.value = '';
      }}
    >
      {entry.fault}
    </button>
  );
}

function Chosen({ entry, at }: { entry: CatalogueEntry; at: CataloguePlace }) {
  const { standing, campaign, phase } = shown();
  const isBusy = standing.faults.length > 0 || campaign !== undefined || phase !== undefined;
  const name = parameter.value === '' ? entry.fault : `${entry.fault} ${parameter.value}`;
  return (
    <div class="chosen-fault">
      <h3>{entry.fault}</h3>
      <p>{entry.description}</p>
      <p>
        Predicted outage: <strong>{at.predicted}</strong> <span class="soft">({at.because})</span>
      </p>
      {entry.parameter !== null && (
        <label>
          {`parameter, ${entry.parameter}`}
          <input value={parameter.value} onInput={({ currentTarget }) => (parameter.value = currentTarget.value)} />
        </label>
      )}
      {at.refusedByHand !== null && <p class="soft">{`Not by hand: ${at.refusedByHand}`}</p>}
      <div class="do">
        <button
          type="button"
          class="break"
          disabled={isBusy || at.refusedByHand !== null}
          onClick={() => void wish('break', { fault: name, place: at.place })}
        >
          {`Break ${at.place}`}
        </button>
        <button
          type="button"
          class="drill"
          disabled={isBusy || at.refusedAsDrill !== null}
          onClick={() => void wish('drill', { fault: name, place: at.place, runs: runs.value })}
        >
          Drill it
        </button>
        <label class="runs">
          runs
          <input
            type="number"
            min="1"
            max="100"
            value={runs.value}
            onInput={({ currentTarget }) => (runs.value = Number(currentTarget.value))}
          />
        </label>
      </div>
      {isBusy && <p class="soft">Something is broken or under way: Heal first.</p>}
    </div>
  );
}
