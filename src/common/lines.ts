/**
 * Cuts an output that comes in pieces into its lines.
 * @param take gets each line, without its end, once all of it has come
 * @returns what takes the pieces
 */
export function linesTo(take: (line: string) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    lines.forEach(take);
  };
}
