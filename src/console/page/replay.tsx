import { useEffect } from 'preact/hooks';
import { type Player, SPEEDS } from './player.js';
import { shown } from './model.js';
import { clockTime } from './words.js';

const STEP_MS = 1_000;

/** Plays the recording, and moves in it: space, arrows, or the bar. */
export function Replay({ player }: { player: Player }) {
  const { wallClockMs } = shown();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { target } = event;
      // Buttons and lists have uses of their own for these keys.
      if (target instanceof HTMLElement && target.closest('button, select, input, [role=button], summary')) return;
      if (event.key === ' ') player.toggle();
      else if (event.key === 'ArrowLeft') player.seek(player.atMs.value - (event.shiftKey ? 10 : 1) * STEP_MS);
      else if (event.key === 'ArrowRight') player.seek(player.atMs.value + (event.shiftKey ? 10 : 1) * STEP_MS);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [player]);
  return (
    <section class="replay" aria-label="Replay">
      <button type="button" class="play" onClick={() => player.toggle()}>
        {player.playing.value ? '‖ Pause' : '▶ Play'}
      </button>
      <label>
        speed
        <select
          value={player.speed.value}
          onChange={({ currentTarget }) => (player.speed.value = Number(currentTarget.value))}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>{`${speed} ×`}</option>
          ))}
        </select>
      </label>
      <div class="bar">
        <input
          type="range"
          aria-label="moment"
          aria-valuetext={clockTime(wallClockMs + player.atMs.value)}
          min="0"
          max={Math.ceil(player.endMs)}
          step="100"
          value={player.atMs.value}
          onInput={({ currentTarget }) => player.seek(Number(currentTarget.value))}
        />
        {player.faultsMs.map((ms) => (
          <i key={ms} title="fault" style={{ left: `${(100 * ms) / player.endMs}%` }} />
        ))}
      </div>
      <output>{`${clockTime(wallClockMs + player.atMs.value)}, ${(player.atMs.value / 1_000).toFixed(1)} of ${(player.endMs / 1_000).toFixed(1)} s`}</output>
    </section>
  );
}
