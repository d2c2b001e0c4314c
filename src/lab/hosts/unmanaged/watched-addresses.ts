import { linesTo } from '../../../common/lines.js';

/** Prints addresses that come and go, each with its time in UTC (ip-monitor(8)). */
export const WATCH_ADDRESSES = 'TZ=UTC ip -tshort -oneline monitor address';

/**
 * Turns what `WATCH_ADDRESSES` prints into lines of a log as LogOptions has them, which tell the VRRP states that a node is seen to be in.
 * @param virtualIp whose coming and going counts
 */
export function movesTo(output: NodeJS.WritableStream, virtualIp: string): { write(chunk: string): void } {
  return {
    write: linesTo((line) => {
      const [, time, deleted] = /^\[([\d:.T-]+)\] (Deleted )?/.exec(line) ?? [];
      if (time === undefined || !line.includes(` ${virtualIp}/`)) return;
      const state = deleted ? 'BACKUP' : 'MASTER';
      output.write(`${time}Z {"time":"${time}Z","virtualRouter":"${virtualIp}","state":"${state}"}\n`);
    }),
  };
}
