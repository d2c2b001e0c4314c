import { isAbsolute, relative } from 'node:path';
import { RULES } from '../../check/catalogue.js';
import type { CheckReport } from '../../check/check.js';
import type { CheckedCluster } from '../../check/checked-cluster.js';
import type { Severity } from '../../check/finding.js';
import { lineOf } from './lines.js';

const LEVELS: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'note' };

/**
 * For code scanning in pull requests: SARIF 2.1.0 (OASIS).
 * @param folder paths are relative to it, as a repository's are
 */
export function checkSarif({ findings }: CheckReport, cluster: CheckedCluster, folder: string): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'ha-demo check',
            rules: RULES.map(({ id, severity, title, why, right, sources }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: why.replaceAll('\n', ' ') },
              help: { text: `${why}\n\n${right}`, markdown: `${why}\n\n\`\`\`\n${right}\n\`\`\`` },
              helpUri: sources[0]!.url,
              defaultConfiguration: { level: LEVELS[severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => {
          const { rule, severity, position, happens, instead } = finding;
          return {
            ruleId: rule,
            ruleIndex: RULES.findIndex(({ id }) => id === rule),
            level: LEVELS[severity],
            message: { text: `${happens} ${instead}` },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: uriOf(position.file, folder) },
                  region: {
                    startLine: position.line,
                    startColumn: position.column,
                    snippet: { text: lineOf(finding, cluster) },
                  },
                },
              },
            ],
          };
        }),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function uriOf(file: string, folder: string): string {
  const path = isAbsolute(file) ? relative(folder, file) : file;
  return path.split('/').map(encodeURIComponent).join('/');
}
