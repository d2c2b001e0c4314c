import { RULES } from '../check/catalogue.js';
import type { Rule } from '../check/finding.js';

/** Every rule of `./ha-demo check`, from its own texts, as Markdown: a list of them, then a section each. */
export function rulesPage(): string {
  const list = RULES.map(({ id, severity, title }) => `- [\`${id}\`](#${id}) (${severity}): ${title}`);
  return [...list, '', ...RULES.map(sectionOf)].join('\n');
}

function sectionOf({ id, severity, title, why, wrong, right, sources }: Rule): string {
  const links = sources.map(({ text, url }) => `[${text}](${url})`);
  return [
    `### ${id}`,
    `**${title}.** Severity: ${severity}.`,
    why,
    `Wrong:\n\n\`\`\`text\n${wrong}\n\`\`\``,
    `Right:\n\n\`\`\`text\n${right}\n\`\`\``,
    `Sources: ${links.join(', ')}.\n`,
  ].join('\n\n');
}
