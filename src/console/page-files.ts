import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { build } from 'rolldown';
import { scriptJson } from '../report/script-json.js';
import type { ToldAt } from './page-event.js';
import type { Shown } from './shown.js';

/** For NestJS's injector. */
export const PAGE = Symbol('the page of the console');

type Mode = Shown['mode'];

const read = (path: string | URL) => readFileSync(path, 'utf8');
const packageFile = createRequire(import.meta.url).resolve;
const template = Handlebars.compile(read(new URL('./page.hbs', import.meta.url)), { strict: true });

/** The page, with all that it needs. */
export interface ConsolePage {
  code: string;
  style: string;
  /** The page as it is served: its code and its style are files beside it. */
  html: (mode: Mode, token: string) => string;
  /** One file that needs no other and no server: a recording to be mailed, and opened anywhere. */
  exported: (recording: ToldAt[]) => string;
}

/** Bundles the page. @param sources the project's src/ */
export async function consolePage(sources: string): Promise<ConsolePage> {
  const folder = join(sources, 'console', 'page');
  const { output } = await build({
    input: join(folder, 'main.tsx'),
    platform: 'browser',
    write: false,
    resolve: { extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } },
    tsconfig: join(folder, 'tsconfig.json'),
    transform: { target: 'es2022' },
    output: { format: 'iife', minify: true },
  });
  const { code } = output[0];
  const base = read(join(sources, 'report', 'base.css'));
  const style = read(packageFile('uplot/dist/uPlot.min.css')) + base + read(join(folder, 'page.css'));
  return {
    code,
    style,
    html: (mode, token) => template({ mode, token, inline: null }),
    exported: (recording) =>
      template({
        mode: 'replay',
        token: '',
        inline: { code: inScript(code), style, recording: scriptJson(recording) },
      }),
  };
}

/** Code that stays inside its script element; `<\/` is the same to JavaScript in strings, where alone it may stand. */
function inScript(code: string): string {
  return code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}
