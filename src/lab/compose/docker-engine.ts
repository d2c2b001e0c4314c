import { execFile } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import Docker from 'dockerode';

/** What everything that talks to the engine is handed. */
export type Engine = Docker;

/** The engine that the docker command would use: DOCKER_HOST, or the current context's. */
export async function connectToEngine(): Promise<Docker> {
  if (process.env['DOCKER_HOST']) return new Docker();
  const { stdout } = await promisify(execFile)('docker', [
    'context',
    'inspect',
    '--format',
    '{{.Endpoints.docker.Host}}',
  ]);
  const host = stdout.trim();
  return host.startsWith('unix://') ? new Docker({ socketPath: host.slice('unix://'.length) }) : new Docker({ host });
}

/**
 * Runs a command in a container.
 * @returns what it wrote to stdout
 * @throws Error with what it wrote to stderr when its exit code is not 0
 */
export async function execute(container: Docker.Container, command: string[]): Promise<string> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const [stdout, stderr] = [collector(), collector()];
  container.modem.demuxStream(stream, stdout.sink, stderr.sink);
  const exitCode = await ended(exec, stream);
  if (exitCode !== 0)
    throw new Error(`${command.join(' ')}: exit code ${exitCode}: ${stderr.text().trim() || stdout.text().trim()}`);
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
  await new Promise<void>((resolve, reject) => {
    const poll = setInterval(() => {
      exec.inspect().then(({ Running }) => {
        if (!Running) finish();
      }, finish);
    }, 200);
    const finish = (error?: unknown) => {
      clearInterval(poll);
      if (error) reject(error);
      else resolve();
    };
    stream.once('end', () => finish());
    stream.once('error', finish);
  });
  return (await exec.inspect()).ExitCode;
}
