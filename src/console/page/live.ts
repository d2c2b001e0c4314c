import type { PageEvent } from '../page-event.js';
import { connection, take } from './model.js';

/** Listens to the console; after an interruption it goes on where it was. */
export function listen(): void {
  const source = new EventSource('events');
  source.addEventListener('open', () => (connection.value = 'open'));
  source.addEventListener('message', ({ data }: MessageEvent<string>) => take(JSON.parse(data) as PageEvent[]));
  source.addEventListener('error', () => {
    connection.value = source.readyState === EventSource.CLOSED ? 'ended' : 'away';
  });
}
