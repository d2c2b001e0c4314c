/** Where something stands. Lines and columns count from 1, columns in UTF-16 code units. */
export interface Position {
  file: string;
  line: number;
  column: number;
}

/** A value, and where it was read. */
export interface Sourced<T> {
  value: T;
  position: Position;
}

/** Something in a file that keeps it, or a part of it, from being understood. */
export interface ReadingProblem {
  position: Position;
  text: string;
}

export interface Comment {
  /** Without the sign that begins it. */
  text: string;
  position: Position;
  /** Characters stand before it that are neither blanks nor another comment. */
  followsWord: boolean;
}

/** More than anybody writes by hand. A longer file is refused: it is no configuration. */
export const LONGEST_FILE_BYTES = 512 * 1024;

export const BYTE_ORDER_MARK = '\u{feff}';

/** Text of a file as it is, with its line ends and its byte order mark: UTF-8, or else Latin-1. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

/** A line of a file: `content` is without its end, which is '' for a last line that has none. */
export interface PhysicalLine {
  content: string;
  end: string;
}

/** Joined again, content and end of each line give the text. */
export function physicalLines(text: string): PhysicalLine[] {
  const lines = text.split('\n').map((line, at, { length }) => {
    const content = withoutReturns(line);
    return { content, end: line.slice(content.length) + (at < length - 1 ? '\n' : '') };
  });
  if (lines.at(-1)!.content + lines.at(-1)!.end === '') lines.pop();
  return lines;
}

function withoutReturns(line: string): string {
  let { length } = line;
  while (line[length - 1] === '\r') length--;
  return line.slice(0, length);
}
