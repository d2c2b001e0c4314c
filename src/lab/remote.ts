/** A shell on a host, of a user who may become root with sudo(8) without a password. */
export interface Remote {
  /**
   * @param input what the command reads from stdin; nothing without it
   * @returns what it wrote to stdout
   * @throws NoConnectionError when the host cannot be reached
   * @throws RefusedUserError
   * @throws Error with what the command wrote to stderr when its exit code is not 0
   */
  run(command: string, input?: NodeJS.ReadableStream | string): Promise<string>;
}

/** The host cannot be reached, or was lost. */
export class NoConnectionError extends Error {}

/** The host does not let the user in. */
export class RefusedUserError extends Error {}

/** For `.catch()`: turns a NoConnectionError (a host still boots, hangs or is cut off) into undefined, throws any other again. */
export function unlessNoConnection(error: unknown): undefined {
  if (!(error instanceof NoConnectionError)) throw error;
}

/** A word that a remote shell takes as it is (POSIX Shell Command Language, section 2.2.2). */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** @param command its words @returns a line for `Remote.run` that runs them by sudo(8) */
export function asRoot(command: string[]): string {
  return ['sudo', ...command].map(quoted).join(' ');
}
