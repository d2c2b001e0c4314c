import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { systemClock } from '../common/clock.js';
import { InvalidInputError } from '../common/errors.js';
import { Access } from '../console/access.js';
import { serveConsole } from '../console/console-server.js';
import { LiveConsole } from '../console/live-console.js';
import { consolePage } from '../console/page-files.js';
import { toldOf } from '../console/recording.js';
import type { Shown } from '../console/shown.js';
import { loadBudgets } from '../drill/budgets.js';
import { parseLoad, wholeNumber } from '../probe/probe-arguments.js';
import { EventStream, type Listener } from '../session/event-stream.js';
import { LiveSession } from '../session/live-session.js';
import { untilAborted } from '../session/until-aborted.js';
import type { Context, ContextSource } from './context.js';
import { labSourceOf } from './edited-labs.js';
import { interruptible } from './interruption.js';
import { LabCommand } from './lab-command.js';
import { thisMachine } from './machine.js';
import { record } from './recording.js';
import { projectFolder } from './settings.js';

interface Options {
  port: string;
  rate: string;
  readOnly: boolean;
  record?: string;
  replay?: string;
  export?: string;
}

const SOURCES = join(projectFolder, 'src');
/** As drills have them. */
const DOWNLOADS = 3;
/** Of 32 bytes in base64url. */
const SECRET_LENGTH = 43;
/** Two hours of it; a console that is forgotten must not fill a disk. */
const RECORDED_BYTES = 2 ** 28;
/** From ten on, ten good answers in a row, which end an outage, take a second at the most. */
const LEAST_RATE_PER_SECOND = 10;

export function consoleCommand(contextOf: ContextSource): Command {
  return new LabCommand('console')
    .description('a page that shows the lab live: who holds what, what clients feel, and buttons to break it')
    .option('--port <n>', 'of 127.0.0.1, where the page is', '8099')
    .option('--rate <n>', 'requests per second of its clients', '200')
    .option('--read-only', 'without the buttons', false)
    .option('--record <file>', 'where all that happens is written to (default: a new file in .ha-demo/recordings)')
    .addOption(
      new Option(
        '--replay <file>',
        'show a recording, of console or of drill --record, but of no soak, in place of the lab',
      ).conflicts([...['rate', 'readOnly', 'record']]),
    )
    .option('--export <file>', 'with --replay: write one page that needs nothing else, and serve none')
    .addHelpText(
      'after',
      `
Ctrl-C ends it, and mends what is broken.

Examples:
  $ ./ha-demo console
  $ ./ha-demo console --read-only --port 8100
  $ ./ha-demo console --replay recording.jsonl
  $ ./ha-demo console --replay recording.jsonl --export failover.html`,
    )
    .action(async (options: Options) => {
      const port = wholeNumber('--port', options.port, 1024, 65_535);
      if (options.export !== undefined && options.replay === undefined)
        throw new InvalidInputError(`--export: ${options.export} needs --replay, the recording to be exported`);
      if (options.replay !== undefined) return replay(contextOf(), options.replay, options.export, port);
      return live(contextOf(), options, port);
    });
}

async function replay(context: Context, file: string, exported: string | undefined, port: number): Promise<void> {
  const text = await readFile(resolve(file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`--replay: ${file} must be a file that can be read (${error.code})`);
  });
  const recording = toldOf(text, file);
  if (exported === undefined) {
    const shown: Shown = { mode: 'replay', recording: JSON.stringify(recording) };
    return interruptible((signal) =>
      serve(context, shown, port, (tell) => {
        tell();
        return untilAborted(signal);
      }),
    );
  }
  const page = await consolePage(SOURCES);
  await writeFile(resolve(exported), page.exported(recording)).catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`--export: ${exported} must be a file that can be written to (${error.code})`);
  });
  console.log(exported);
}

async function live(context: Context, { rate, readOnly, ...options }: Options, port: number): Promise<void> {
  const ratePerSecond = wholeNumber('--rate', rate, LEAST_RATE_PER_SECOND, 5_000);
  const { timeoutMs, keepAlive } = parseLoad({});
  const load = { ratePerSecond, timeoutMs, keepAliveConnections: keepAlive.connections, downloads: DOWNLOADS };
  const order = {
    load,
    budgets: context.pair ? {} : await loadBudgets(context.budgetsFile),
    seed: randomInt(2 ** 32),
    machine: thisMachine(),
  };
  await context.labThatIsUp();
  const stream = new EventStream(systemClock);
  await interruptible(async (signal) => {
    const session = new LiveSession(labSourceOf(context), order, stream.publish, signal);
    const shown = new LiveConsole(session, stream, load);
    await serve(context, { mode: readOnly ? 'read-only' : 'live', live: shown }, port, async (tell) => {
      const file = options.record ?? (await newRecording(context));
      const stopRecording = await record(stream, file, RECORDED_BYTES);
      const endings = [shown.start(), stream.subscribe(sayWhatIsMended(signal))];
      tell();
      try {
        await session.run();
      } finally {
        for (const end of endings) end();
        await stopRecording();
        console.log(`\nRecorded: ./ha-demo console --replay ${relative('.', file)}`);
      }
    });
  });
}

/** Who has pressed Ctrl-C sees why it takes a while. */
function sayWhatIsMended(signal: AbortSignal): Listener {
  return (event) => {
    if (signal.aborted && event.event === 'phase' && event.phase === 'heal')
      console.log(`\n${event.fault} on ${event.node ?? event.tier} is mended first ...`);
  };
}

/** Serves a console while something goes on, which has to tell when the link may be shown. */
async function serve(
  context: Context,
  shown: Shown,
  port: number,
  goesOn: (tell: () => void) => Promise<void>,
): Promise<void> {
  const access = new Access(port, await secretOf(context), () => console.log(`For another browser: ${access.link}`));
  const close = await serveConsole(shown, await consolePage(SOURCES), port, access);
  const tell = () => {
    console.log(`${access.link}\n\nIt opens in one browser on this machine, once. Ctrl-C ends the console.`);
    openOnDesktop(context, access.link);
  };
  try {
    await goesOn(tell);
  } finally {
    await close();
  }
}

/** Kept between consoles, so that a page goes on with the next one. */
async function secretOf({ workspace }: Context): Promise<string> {
  const file = join(workspace.stateFolder, 'console-secret');
  await mkdir(workspace.stateFolder, { recursive: true });
  const kept = await readFile(file, 'utf8').catch(unlessMissing);
  if (kept.length === SECRET_LENGTH) return kept;
  const secret = randomBytes(32).toString('base64url');
  // As a whole, or not at all.
  await writeFile(`${file}.${process.pid}`, secret, { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
  return secret;
}

function unlessMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

async function newRecording({ workspace }: Context): Promise<string> {
  const folder = join(workspace.stateFolder, 'recordings');
  await mkdir(folder, { recursive: true });
  return join(folder, `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.jsonl`);
}

/** Where a person sits before this machine, their browser opens; anywhere else the link is enough. */
function openOnDesktop({ settings: { environment } }: Context, link: string): void {
  const isMac = process.platform === 'darwin';
  if (!process.stdout.isTTY || !(isMac || environment['DISPLAY'] || environment['WAYLAND_DISPLAY'])) return;
  const browser = spawn(isMac ? 'open' : 'xdg-open', [link], { stdio: 'ignore', detached: true });
  // Without such a program there is the link.
  browser.once('error', () => {});
  browser.unref();
}
