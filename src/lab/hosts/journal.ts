import { linesTo } from '../../common/lines.js';

/** An entry as `journalctl --output json` prints it, a line each (systemd.journal-fields(7)). */
interface JournalEntry {
  /** µs since 1970. */
  __REALTIME_TIMESTAMP: string;
  /** Bytes where they are not UTF-8. */
  MESSAGE: string | number[];
}

/**
 * Turns the journal's entries into the lines that LogOptions asks for with `timestamps`: time, space, text. An entry may
 * have many lines. Output formats that have the milliseconds are younger than CentOS 7.
 * @param take gets lines, each with its end
 */
export function timedLines(take: (lines: string) => void): { write(chunk: string): void } {
  return {
    write: linesTo((entry) => {
      const { __REALTIME_TIMESTAMP: us, MESSAGE: message } = JSON.parse(entry) as JournalEntry;
      const text = typeof message === 'string' ? message : Buffer.from(message).toString();
      const time = new Date(Number(us) / 1000).toISOString();
      for (const line of text.split('\n')) take(`${time} ${line}\n`);
    }),
  };
}
