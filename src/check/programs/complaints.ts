import { masked } from '../../configuration/masked.js';
import type { Position } from '../../configuration/source.js';

/** What HAProxy or keepalived says of a configuration that it was asked to test. */
export interface Complaint {
  program: Program;
  severity: 'error' | 'warning';
  position: Position;
  text: string;
}

export type Program = 'HAProxy' | 'keepalived';

/** What the programs say of all nodes. */
export interface SaidByPrograms {
  /** Such as 3.0.11; of a program that was not asked it is missing. */
  versions: Partial<Record<Program, string>>;
  complaints: Complaint[];
  /** What is about the host alone, such as a file that is on it and not here: it says nothing about the configuration. */
  leftOut: string[];
}

/** What a program has printed, and how to get from its places to those of the user. */
export interface ProgramOutput {
  program: Program;
  version: string;
  output: string;
  /** The file that it was told to test. */
  main: string;
  /** Path in the container -> the user's name of it. */
  names: ReadonlyMap<string, string>;
  /** Where a proxy or an instance begins, for complaints that have its name and no line. */
  placeOf: (name: string) => Position | undefined;
  /** Text of a file, by the user's name of it: a secret of the line that is meant is masked. */
  textOf: (file: string) => string | undefined;
}

/** Remarks below a complaint of HAProxy's begin with a bar, and are left out. */
const LINE: Record<Program, RegExp> = {
  HAProxy:
    /^\[(?<level>ALERT|WARNING)\] *\(\d+\) : (?:config : )?(?:parsing )?(?:\[(?<file>[^\]]+?):(?<number>\d+)\] ?:? ?)?(?<text>.*)$/,
  keepalived: /^(?:\((?:(?<file>\/[^()]*?): )?Line (?<number>\d+)\) )?(?<text>.*\S)\s*$/,
};
const SUMS = /^Error\(s\) found in|^Fatal errors found|^Failed to initialize server\(s\) addr/;
/** Files, users and names that the user's hosts have. */
const ONLY_HERE = [
  /No such file or directory|cannot open|[Cc]ouldn't open|unable to (?:load|open|stat)|error opening|failed to open/,
  /cannot find (?:user|group) id|could not resolve|resolution failed|lua\./,
  /unable to find local peer|Removing incomplete section 'peers/,
  /not found\/accessible|due to insecure|Unable to access script|[Cc]ouldn't find script|Invalid smtp server/,
];

/** @param outputs of every file, and of every node's keepalived; what is said of one line is one complaint */
export function saidIn(outputs: ProgramOutput[]): SaidByPrograms {
  const said: SaidByPrograms = { versions: {}, complaints: [], leftOut: [] };
  for (const one of outputs) readInto(said, one);
  const places = Map.groupBy(
    said.complaints,
    ({ program, severity, position: { file, line } }) => `${program} ${severity} ${file}:${line}`,
  );
  const complaints = [...places.values()].map((ones) => ({
    ...ones[0]!,
    text: [...new Set(ones.map(({ text }) => text))].join('; '),
  }));
  return { ...said, complaints, leftOut: [...new Set(said.leftOut)] };
}

function readInto(
  said: SaidByPrograms,
  { program, version, output, main, names, placeOf, textOf }: ProgramOutput,
): void {
  said.versions[program] = version;
  // What an ACL needs that could not be read is missed once more, by the ACL's name.
  const unread = new Set<string>();
  for (const printed of output.split('\n')) {
    const { level, file = main, number, text } = LINE[program].exec(printed)?.groups ?? {};
    if (text === undefined || SUMS.test(text)) continue;
    const [name, acl, missing] = [
      names.get(file) ?? file,
      /parsing ACL '([^']+)'/.exec(text)?.[1],
      /no such ACL : '([^']+)'/.exec(text)?.[1],
    ];
    const shown = withoutSecrets(text, textOf(name)?.split('\n')[Number(number) - 1] ?? '');
    if (ONLY_HERE.some((pattern) => pattern.test(text)) || (missing !== undefined && unread.has(missing))) {
      if (acl !== undefined) unread.add(acl);
      said.leftOut.push(`${name}${number === undefined ? '' : `:${number}`} ${shown}`);
      continue;
    }
    const start = { file: names.get(main) ?? main, line: 1, column: 1 };
    const position = number === undefined ? placeIn(text, placeOf) : { file: name, line: Number(number), column: 1 };
    const severity = level === 'ALERT' ? 'error' : 'warning';
    said.complaints.push({ program, severity, text: shown, position: position ?? start });
  }
}

/** A program repeats words of the line that it does not understand. */
function withoutSecrets(text: string, line: string): string {
  const shown = masked(line);
  const secrets = line.split(/[\s"']+/).filter((word) => word.length > 2 && !shown.includes(word));
  return secrets.reduce((without, secret) => without.replaceAll(secret, '***'), text);
}

/** Of the first name in quotes, or in brackets at the beginning, that is known. */
function placeIn(text: string, placeOf: ProgramOutput['placeOf']): Position | undefined {
  for (const [, quoted, bracketed] of text.matchAll(/'([^'/]+)(?:\/[^']*)?'|^\(([^)]+)\)/g)) {
    const place = placeOf((quoted ?? bracketed)!);
    if (place) return place;
  }
  return undefined;
}
