import type { LiveConsole } from './live-console.js';

/** For NestJS's injector. */
export const SHOWN = Symbol('what the console shows');

/** What a console shows: a session that goes on, or a recording of one. */
export type Shown =
  | {
      mode: 'live' | 'read-only';
      live: LiveConsole;
    }
  | {
      mode: 'replay';
      /** All of it, as JSON of ToldAt[]. */
      recording: string;
    };
