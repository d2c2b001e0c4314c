import { shown } from './model.js';
import { clockTime } from './words.js';

const SHOWN_LINES = 60;
const MARKS = { move: '⇄', outage: '▼', fault: '⚡', state: '·' };

/** What has happened, in words, the last first; moves and outages are read aloud. */
export function Log() {
  const { log, wallClockMs } = shown();
  const lines = log.lines.slice(-SHOWN_LINES).toReversed();
  return (
    <section class="log" aria-label="What has happened">
      <h2>What has happened</h2>
      <p class="unseen" aria-live="polite">
        {log.spoken}
      </p>
      {lines.length === 0 && <p class="soft">Nothing yet.</p>}
      <ol tabIndex={0}>
        {lines.map(({ atMs, text, kind }) => (
          <li key={`${atMs} ${text}`} class={kind}>
            <time>{clockTime(wallClockMs + atMs)}</time> <span aria-hidden="true">{MARKS[kind]}</span> {text}
          </li>
        ))}
      </ol>
    </section>
  );
}
