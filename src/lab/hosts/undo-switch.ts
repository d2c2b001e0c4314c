import { quoted, type Remote } from '../remote.js';

/** So long after it was last put off, a host undoes by itself what was done to it. */
export const UNDONE_AFTER_MS = 30_000;

const PUT_OFF_EVERY_MS = 5_000;

/** On a host: NAME.sh is what a switch does, NAME.undone says when it has, in ms since 1970. */
const FOLDER = '/run/ha-demo-undo';

/** What can be done to a host so that it may not be reached any more. */
export type Undoable = 'unplug' | 'loss' | 'hang-haproxy' | 'hang-keepalived';

const UNDONE_IN_WORDS: Record<Undoable, string> = {
  unplug: 'plugged itself in again',
  loss: 'ended its loss of packets',
  'hang-haproxy': 'let its HAProxy go on',
  'hang-keepalived': 'let its keepalived go on',
};

/**
 * A dead man's switch: a timer of systemd's on the host, set before something is done to it, which undoes that unless it is put off. It is
 * put off for as long as this process lives and reaches the host.
 */
export class UndoSwitch {
  private readonly unit: string;
  private keeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly remote: Remote,
    private readonly what: Undoable,
  ) {
    this.unit = `ha-demo-undo-${what}`;
  }

  /**
   * @param action a script for bash; runs as root, once the switch is set
   * @param undo the same, may run twice
   * @throws Error of Remote; what an action that failed half way has done is undone in the end
   */
  async setAndDo(action: string, undo: string): Promise<void> {
    const seconds = UNDONE_AFTER_MS / 1000;
    // Of one that was set before: what it would undo, this one undoes too.
    const script = `set -euo pipefail
      systemctl stop ${this.unit}.timer 2>/dev/null || true
      systemctl reset-failed ${this.unit}.service 2>/dev/null || true
      umask 022
      mkdir -p ${FOLDER}
      rm -f ${FOLDER}/${this.what}.undone
      printf %s ${quoted(`set -e\n${undo}\ndate +%s%3N >${FOLDER}/${this.what}.undone\n`)} >${FOLDER}/${this.what}.sh
      systemd-run --quiet --unit=${this.unit} --on-active=${seconds} --timer-property=AccuracySec=100ms \\
        /bin/bash ${FOLDER}/${this.what}.sh
      ${action}`;
    await this.asRoot(script);
    this.keep();
  }

  /** @param undo as it was set; runs first, so that nothing stays done when the connection is lost */
  async undoAndRemove(undo: string): Promise<void> {
    this.letGo();
    await this.asRoot(`set -euo pipefail
      ${undo}
      systemctl stop ${this.unit}.timer 2>/dev/null || true
      systemctl reset-failed ${this.unit}.service 2>/dev/null || true
      rm -f ${FOLDER}/${this.what}.*
      rmdir ${FOLDER} 2>/dev/null || true`);
  }

  /** A host that cannot be told undoes it by itself, which is what the switch is for. */
  private keep(): void {
    this.letGo();
    let isBusy = false;
    const putOff = `if systemctl --quiet is-active ${this.unit}.timer; then systemctl restart ${this.unit}.timer; fi`;
    this.keeper = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      // One that fails may be followed by one that does not.
      this.asRoot(putOff)
        .catch(() => {})
        .finally(() => (isBusy = false));
    }, PUT_OFF_EVERY_MS).unref();
  }

  private letGo(): void {
    clearInterval(this.keeper);
    this.keeper = undefined;
  }

  private async asRoot(script: string): Promise<void> {
    await this.remote.run(`sudo bash -c ${quoted(script)}`);
  }
}

/** For `Remote.run`: prints what the host has undone by itself; `undoneIn` reads it. */
export const PRINT_UNDONE = `now=$(date +%s%3N); for file in ${FOLDER}/*.undone; do [ ! -f "$file" ] || echo "$(basename "$file" .undone) $((now - $(cat "$file")))"; done`;

/**
 * @param withinMs what is longer ago is left out
 * @returns lines, such as `has plugged itself in again 12 s ago, 30 s after it was last told to wait`
 */
export function undoneIn(output: string, withinMs = Infinity): string[] {
  return output.split('\n').flatMap((line) => {
    const [what = '', agoMs] = line.split(' ');
    if (!Object.hasOwn(UNDONE_IN_WORDS, what) || Number(agoMs) > withinMs) return [];
    const ago = `${Math.round(Number(agoMs) / 1000)} s ago`;
    return [
      `has ${UNDONE_IN_WORDS[what as Undoable]} ${ago}, ${UNDONE_AFTER_MS / 1000} s after it was last told to wait`,
    ];
  });
}
