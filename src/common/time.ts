/** @param epochMs such as 1764244801999 @returns UTC to the second, such as `2025-11-27T12:00:01Z` */
export function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
