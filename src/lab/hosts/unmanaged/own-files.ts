import { posix } from 'node:path';
import type { OwnProgram } from '../../../cluster/unmanaged-hosts.js';
import { asRoot, type Remote } from '../../remote.js';
import { PRINT_CONTROL_INTERFACE } from '../unplug.js';

/** What is larger than that is no configuration. */
const LARGEST = '512k';
const MOST_FILES = 500;
/** What is private is none of ours; other keys are known by how they begin. */
const PRIVATE = ['*.pem*', '*.key*', '*.crt', '*.p12', '*.pfx', '*.jks', 'id_*'];
/** What is there beside a configuration has nothing to do with it. */
const SHARED_FOLDERS = ['/', '/etc', '/opt', '/root', '/home', '/tmp', '/usr/local/etc'];

/** An IPv4 address of an interface, with the length of its prefix, such as `10.0.0.7/24`. */
export interface InterfaceAddress {
  name: string;
  address: string;
}

/** What a host of somebody else's tells of its configuration. */
export interface OwnFiles {
  /** Path on the host -> text. */
  files: Map<string, string>;
  addresses: InterfaceAddress[];
  /** The interface over which ssh reaches it; empty where that cannot be told. */
  controlInterface: string;
}

/**
 * Reads the configurations of a host, and what lies beside them: scripts and included files, but no keys and no certificates.
 * @throws NoConnectionError @throws Error of Remote
 */
export async function readOwnFiles(
  remote: Remote,
  { haproxy, keepalived }: { haproxy: OwnProgram; keepalived: OwnProgram },
): Promise<OwnFiles> {
  const main = [haproxy.configuration, keepalived.configuration];
  const folders = [...new Set(main.map((path) => posix.dirname(path)))].filter((one) => !SHARED_FOLDERS.includes(one));
  const files = await print(remote, folders, main);
  const named = namedIn(files.get(keepalived.configuration) ?? '');
  const others = await print(
    remote,
    [],
    named.filter((path) => !files.has(path)),
  );
  return {
    files: new Map([...files, ...others]),
    addresses: addressesIn(await remote.run('ip -oneline -4 address show scope global')),
    controlInterface: (await remote.run(PRINT_CONTROL_INTERFACE)).trim(),
  };
}

/** As root: a configuration may hold a password. @param paths may have wildcards */
async function print(remote: Remote, folders: string[], paths: string[]): Promise<Map<string, string>> {
  if (folders.length + paths.length === 0) return new Map();
  const unwanted = PRIVATE.map((pattern) => `! -name '${pattern}'`).join(' ');
  const script = `folders=(${folders.map((folder) => `'${folder}'`).join(' ')})
    { for path; do compgen -G "$path" || true; done
      [ \${#folders[@]} -eq 0 ] || find -L "\${folders[@]}" -maxdepth 4 -type f 2>/dev/null | sort
    } | awk '!seen[$0]++' | while read -r path; do
      find -L "$path" -maxdepth 0 -type f -size -${LARGEST} ${unwanted} 2>/dev/null
    done | head -${MOST_FILES} | while read -r path; do
      grep --quiet --no-messages -e '-----BEGIN .*PRIVATE KEY' "$path" || echo "$(base64 --wrap=0 "$path") $path"
    done`;
  const output = await remote.run(asRoot(['bash', '-c', script, 'print', ...paths]));
  return new Map(
    output
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const end = line.indexOf(' ');
        return [line.slice(end + 1), Buffer.from(line.slice(0, end), 'base64').toString()];
      }),
  );
}

/** Paths that keepalived.conf names: of scripts, and of files that it includes. */
function namedIn(text: string): string[] {
  const paths = [...text.matchAll(/(?:^|[\s"'])(\/(?!dev\/|proc\/|sys\/)[\w./*?-]+)/gm)].map(([, path = '']) => path);
  return [...new Set(paths)].filter((path) => !/^(?:\/usr)?\/s?bin\//.test(path));
}

function addressesIn(output: string): InterfaceAddress[] {
  return output.split('\n').flatMap((line) => {
    const [, name = '', , address] = line.split(/\s+/);
    return address === undefined || name === 'lo' ? [] : [{ name, address }];
  });
}
