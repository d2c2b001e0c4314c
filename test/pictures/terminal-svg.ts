import Anser from 'anser';

const CELL = { width: 8.4, height: 19 };
const MARGIN = 16;

/**
 * What a command has written on a terminal, colours included, as a picture.
 * @param text with escape sequences
 */
export function terminalSvg(text: string): string {
  const lines = text.trimEnd().split('\n');
  const columns = Math.max(...lines.map((line) => [...Anser.ansiToText(line)].length));
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = lines.length * CELL.height + 2 * MARGIN;
  const rows = lines.map((line, row) => {
    const parts = Anser.ansiToJson(line, { remove_empty: true }).map(({ content, fg }) => {
      const colour = fg ? ` fill="rgb(${fg})"` : '';
      return `<tspan${colour}>${Anser.escapeForHtml(content)}</tspan>`;
    });
    const y = MARGIN + (row + 0.75) * CELL.height;
    // However wide the reader's font is, the columns stay below each other.
    const length = [...Anser.ansiToText(line)].length * CELL.width;
    return length === 0
      ? ''
      : `<text x="${MARGIN}" y="${y}" textLength="${length.toFixed(1)}">${parts.join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3" xml:space="preserve">`,
    ...rows.filter((row) => row !== ''),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
