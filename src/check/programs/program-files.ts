import type { CheckedCluster, CheckedNode } from '../checked-cluster.js';
import { DEFAULT_SCRIPT_USER } from '../../configuration/keepalived/checks.js';
import { HAPROXY, KEEPALIVED } from '../cluster-of.js';

/** What a container is to have so that HAProxy or keepalived finds a node's files where the node has them. */
export interface ProgramFiles {
  /** Path in the container -> text. */
  texts: Map<string, string>;
  /** Path in the container -> the user's name of the file. */
  names: Map<string, string>;
  /** That the configuration names; the container's own have other names. */
  interfaces: string[];
  users: string[];
}

export const MAIN_FILES = { HAProxy: `/etc/haproxy/${HAPROXY}`, keepalived: `/etc/keepalived/${KEEPALIVED}` };

/** The folders that a file lies in which stands beside a configuration, without a folder of its own. */
const HOMES = ['/etc/keepalived', '/etc/haproxy'];
const AS_ON_A_HOST = /^\/(?:etc|usr|opt|var|root|home|run)\//;

export function programFilesOf(node: CheckedNode, { texts: all }: CheckedCluster): ProgramFiles {
  const [texts, names] = [new Map<string, string>(), new Map<string, string>()];
  const put = (path: string, name: string) => {
    texts.set(path, all.get(name) ?? '');
    names.set(path, name);
  };
  for (const path of node.otherFiles.keys()) {
    if (node.folder === undefined || !path.startsWith('/')) continue;
    const places = AS_ON_A_HOST.test(path) ? [path] : HOMES.map((home) => home + path);
    for (const place of places) put(place, node.folder + path);
  }
  for (const [name, text] of node.otherFiles) {
    if (name.includes('/')) continue;
    // Beside the nodes' folders it is for all of them; a script is where its check looks for it.
    const wanted = [
      ...HOMES.map((home) => `${home}/${name}`),
      ...scriptsOf(node).filter((path) => path.endsWith(`/${name}`)),
    ];
    for (const path of wanted.filter((one) => !texts.has(one))) texts.set(path, text);
  }
  if (node.haproxy) put(MAIN_FILES.HAProxy, node.haproxy.file);
  if (node.keepalived) put(MAIN_FILES.keepalived, node.keepalived.file);
  return { texts, names, interfaces: interfacesOf(node, [...texts.values()]), users: usersIn([...texts.values()]) };
}

/** The programs that checks run, where they have a path. */
function scriptsOf({ keepalived }: CheckedNode): string[] {
  const checks = keepalived?.model.checks.filter(({ kind }) => kind === 'script') ?? [];
  return checks.map(({ target }) => target.split(/\s/)[0]!).filter((path) => path.startsWith('/'));
}

function interfacesOf({ keepalived }: CheckedNode, texts: string[]): string[] {
  const instances = keepalived?.model.instances ?? [];
  const named = [
    ...instances.flatMap((instance) => (instance.interface ? [instance.interface.value] : [])),
    ...instances.flatMap(({ tracks }) => tracks.flatMap(({ kind, name }) => (kind === 'interface' ? [name] : []))),
    ...texts.flatMap((text) => [...text.matchAll(/\bdev\s+(\S+)/g)].map(([, name]) => name!)),
  ];
  return [...new Set(named)].filter((name) => isInterfaceName(name) && name !== 'lo');
}

/** Whether the kernel takes it for the name of an interface. */
export function isInterfaceName(text: string): boolean {
  return /^[A-Za-z][\w.-]{0,14}$/.test(text);
}

/** With script security and no script_user, scripts run as keepalived_script, or not at all (keepalived.conf(5)). */
function usersIn(texts: string[]): string[] {
  const lines = texts.flatMap((text) => [...text.matchAll(/^\s*(?:script_user|user|group)\s+(\S+)(?:[ \t]+(\S+))?/gm)]);
  const named = lines.flatMap(([, user, group]) => [user!, group ?? '']);
  const isSecured = texts.some((text) => /^\s*enable_script_security\b/m.test(text));
  const isNamed = texts.some((text) => /^\s*script_user\b/m.test(text));
  return [...new Set([...(isSecured && !isNamed ? [DEFAULT_SCRIPT_USER] : []), ...named])].filter((name) =>
    /^[a-z_][\w-]{0,31}$/.test(name),
  );
}
