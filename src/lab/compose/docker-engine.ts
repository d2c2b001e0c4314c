import { execFile } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setInterval, setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import Docker from 'dockerode';

/** What everything that talks to the engine is handed. */
export type Engine = Docker;

export interface EngineSettings {
  /** DOCKER_HOST; without it the engine is that of the docker command's context. */
  dockerHost?: string | undefined;
}

/**
 * A client of the engine that the docker command would use. The engine itself is not asked yet.
 * @throws Error when the docker command is missing and `dockerHost` is not given
 */
export async function connectToEngine({ dockerHost }: EngineSettings): Promise<Docker> {
  // dockerode itself reads the variable, and those that belong to it.
  if (dockerHost) return new Docker();
  const { stdout } = await promisify(execFile)('docker', [
    'context',
    'inspect',
    '--format',
    '{{.Endpoints.docker.Host}}',
  ]);
  const host = stdout.trim();
  return host.startsWith('unix://') ? new Docker({ socketPath: host.slice('unix://'.length) }) : new Docker({ host });
}

const REST_OF_OUTPUT_WITHIN_MS = 3_000;

/** A command in a container has ended with another exit code than 0. */
export class ExitCodeError extends Error {}

/**
 * Runs a command in a container.
 * @param user the container's own without it
 * @returns what it wrote to stdout
 * @throws ExitCodeError with what it wrote to stderr
 * @throws the engine's error, with `statusCode` 404 or 409, when the container is gone or not running
 */
export async function execute(container: Docker.Container, command: string[], user = ''): Promise<string> {
  const exec = await container.exec({ Cmd: command, User: user, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const [stdout, stderr] = [collector(), collector()];
  container.modem.demuxStream(stream, stdout.sink, stderr.sink);
  const exitCode = await ended(exec, stream);
  if (exitCode !== 0)
    throw new ExitCodeError(
      `${command.join(' ')}: exit code ${exitCode}: ${stderr.text().trim() || stdout.text().trim()}`,
    );
  return stdout.text();
}

function collector() {
  const sink = new PassThrough();
  const chunks: Buffer[] = [];
  sink.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { sink, text: () => Buffer.concat(chunks).toString() };
}

/** The stream of an exec may never end (a known fault of some engines): the engine is asked as well. */
async function ended(exec: Docker.Exec, stream: NodeJS.ReadableStream): Promise<number | null> {
  const abort = new AbortController();
  const streamEnded = finished(stream, { writable: false, signal: abort.signal });
  const engineSaysEnded = (async () => {
    for await (const _ of setInterval(200, undefined, { signal: abort.signal })) {
      if (!(await exec.inspect()).Running) break;
    }
    // On a busy host it knows before the last output is here.
    await setTimeout(REST_OF_OUTPUT_WITHIN_MS, undefined, { signal: abort.signal });
  })();
  try {
    await Promise.race([streamEnded, engineSaysEnded]);
  } finally {
    abort.abort();
    await Promise.allSettled([streamEnded, engineSaysEnded]);
  }
  return (await exec.inspect()).ExitCode;
}
