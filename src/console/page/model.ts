import { signal } from '@preact/signals';
import type { PageEvent } from '../page-event.js';
import { PageState } from './state.js';

/** `away`: the connection is tried again and again. `ended`: the console that this page belongs to is none any more. */
type Connection = 'open' | 'away' | 'ended';

const { mode = 'replay', token = '' } = document.documentElement.dataset;

/** How the page came to be; see Shown. */
export const MODE = mode as 'live' | 'read-only' | 'replay';

let state = new PageState();
const version = signal(0);

export const connection = signal<Connection>(MODE === 'replay' ? 'open' : 'away');
/** The node or the tier that is chosen in the picture. */
export const chosen = signal<string | undefined>(undefined);
/** What the console has answered to the last wish; empty when it went well. */
export const refusal = signal('');

/** For a component, which is drawn anew when something has changed. */
export function shown(): PageState {
  void version.value;
  return state;
}

/** @param nowMs where there is a time beside that of the events */
export function take(events: PageEvent[], nowMs?: number): void {
  for (const event of events) {
    if (event.event === 'stream-started') state = new PageState();
    state.take(event);
  }
  if (nowMs !== undefined) state.nowMs = nowMs;
  version.value += 1;
}

/** Asks the console to do something. */
export async function wish(what: 'break' | 'drill' | 'heal', body: object): Promise<void> {
  refusal.value = '';
  try {
    const response = await fetch(what, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-console-token': token },
      body: JSON.stringify(body),
    });
    if (!response.ok) refusal.value = ((await response.json()) as { message: string }).message;
  } catch (error) {
    refusal.value = `${what}: ${(error as Error).message}`;
  }
}
