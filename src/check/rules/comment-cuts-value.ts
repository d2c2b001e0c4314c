import { haproxyFiles } from '../checked-cluster.js';
import { haproxyManual, keepalivedIssue, KEEPALIVED_MANUAL, type Rule } from '../finding.js';

export const commentCutsValue: Rule = {
  id: 'comment-cuts-value',
  severity: 'warning',
  title: 'A comment begins in the middle of a word',
  why: `keepalived begins a comment at every \`!\` and \`#\` outside double quotes, HAProxy at every \`#\` outside quotes, without a blank before it, too. A
password is cut by it, and as long as it is cut in the same way on all nodes nobody notices.`,
  wrong: `auth_pass secret7!x`,
  right: `auth_pass "secret7!x"`,
  sources: [KEEPALIVED_MANUAL, haproxyManual('2.2'), keepalivedIssue(955)],
  find: (cluster) => {
    const comments = [
      ...cluster.nodes.flatMap(({ keepalived }) => keepalived?.tree.comments ?? []),
      ...haproxyFiles(cluster).flatMap(({ tree }) => tree.comments),
    ];
    return comments
      .filter(({ followsWord }) => followsWord)
      .map(({ position }) => ({
        position,
        happens: 'What stands after this sign is a comment: the value before it is shorter than it looks.',
        instead: 'Put the value into double quotes; when it is meant as a comment, put a blank before it.',
      }));
  },
};
