export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const NAME = '[A-Za-z][\\w.-]*';
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`);
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Elements, attributes and text: as much of XML 1.0 as a JUnit file needs, and as strict.
 * @throws Error when it is not well-formed
 */
export function parseXml(source: string): XmlElement {
  let rest = source.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/, '');
  if (ILLEGAL.test(rest)) throw new Error('a character that XML 1.0 does not have');
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  while (rest !== '') {
    const current = open.at(-1)!;
    const text = /^[^<]+/.exec(rest)?.[0];
    if (text !== undefined) {
      current.text += decoded(text);
      rest = rest.slice(text.length);
      continue;
    }
    const tag = TAG.exec(rest);
    if (!tag) throw new Error(`not a tag: ${rest.slice(0, 80)}`);
    const [all, closing, name = '', attributes = '', empty] = tag;
    rest = rest.slice(all.length);
    if (closing) {
      if (current.name !== name) throw new Error(`</${name}> where ${current.name} is open`);
      open.pop();
      continue;
    }
    const element: XmlElement = { name, attributes: attributesOf(attributes), children: [], text: '' };
    current.children.push(element);
    if (!empty) open.push(element);
  }
  if (open.length > 1 || root.children.length !== 1 || root.text.trim() !== '') throw new Error('not one root element');
  return root.children[0]!;
}

/** All below, in the order of the document. */
export function elementsNamed(name: string, { children }: XmlElement): XmlElement[] {
  return children.flatMap((child) => [...(child.name === name ? [child] : []), ...elementsNamed(name, child)]);
}

function attributesOf(source: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', value = ''] of source.matchAll(new RegExp(`(${NAME})="([^"]*)"`, 'g'))) {
    if (name in attributes) throw new Error(`${name} is there twice`);
    // A parser makes a space of every line break that is not written as a number.
    attributes[name] = decoded(value.replaceAll(/[\t\n\r]/g, ' '));
  }
  return attributes;
}

function decoded(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (all, entity: string) => {
    const number = /^#(\d+)$/.exec(entity)?.[1];
    const character = number === undefined ? ENTITIES[entity] : String.fromCodePoint(Number(number));
    if (character === undefined || !all.endsWith(';')) throw new Error(`not an entity: ${all.slice(0, 20)}`);
    return character;
  });
}
