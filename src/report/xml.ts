/** Attributes of an element, each with a blank before it. */
export function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

/** What XML 1.0 has no way to write at all, not even as a number: control characters and halves of surrogate pairs. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** For elements and attributes alike: a line break in an attribute would become a space. */
export function escaped(text: string): string {
  return text
    .replaceAll(NOT_IN_XML, '\u{FFFD}')
    .replaceAll(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
