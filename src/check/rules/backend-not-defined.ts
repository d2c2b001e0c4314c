import { haproxyFiles } from '../checked-cluster.js';
import { haproxyManual, type Rule } from '../finding.js';

export const backendNotDefined: Rule = {
  id: 'backend-not-defined',
  severity: 'error',
  title: 'Requests go to a backend that is not there',
  why: `HAProxy does not start with it. On a node that runs, a reload goes on with the old configuration, and the next start fails. Where a node has other
\`.cfg\` files, this rule is silent.`,
  wrong: `frontend www
    default_backend pool
backend pools
    server app1 10.20.30.21:8080 check`,
  right: `frontend www
    default_backend pool
backend pool
    server app1 10.20.30.21:8080 check`,
  sources: [haproxyManual('4.2-default_backend')],
  find: (cluster) =>
    haproxyFiles(cluster).flatMap(({ model, nodes }) => {
      // HAProxy may be started with several files.
      if (nodes.some(({ otherFiles }) => [...otherFiles.keys()].some((path) => path.endsWith('.cfg')))) return [];
      const names = new Set(model.proxies.filter(({ kind }) => kind !== 'frontend').map(({ name }) => name));
      return model.proxies
        .flatMap(({ backends, isConditional }) => (isConditional ? [] : backends))
        .filter(({ value }) => !names.has(value))
        .map(({ value, position }) => ({
          position,
          happens: `There is no backend ${value}: HAProxy does not start.`,
          instead: `Define it, or name one of: ${[...names].slice(0, 10).join(', ') || 'none is defined'}.`,
        }));
    }),
};
