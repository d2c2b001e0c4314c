import type { RenderedFiles } from '../../rendering/render.js';

/** What all nodes of a tier must have alike while they work together, as it stands in a rendered file. */
interface Agreement {
  file: string;
  names: string;
  /** Its first group is the value. */
  pattern: RegExp;
}

const AGREED: Agreement[] = [
  { file: 'keepalived.conf', names: 'virtual_router_id', pattern: /^\s*virtual_router_id\s+(\S+)/gm },
  { file: 'keepalived.conf', names: 'VRRP version', pattern: /^\s*(?:vrrp_)?version\s+(\S+)/gm },
  { file: 'keepalived.conf', names: 'virtual_ipaddress', pattern: /^\s*virtual_ipaddress\s*\{([^}]*)\}/gm },
  { file: 'keepalived.conf', names: 'unicast_peer', pattern: /^\s*unicast_peer\s*\{([^}]*)\}/gm },
  { file: 'keepalived.conf', names: 'authentication', pattern: /^\s*authentication\s*\{([^}]*)\}/gm },
];

/** VRRPv2 refuses adverts of another interval (RFC 3768, section 7.1); version 3 takes the master's (RFC 5798, section 6.1). */
const AGREED_IN_VERSION_2 = { file: 'keepalived.conf', names: 'advert_int', pattern: /^\s*advert_int\s+(\S+)/gm };

/** The service listens on it, and HAProxy asks there: what only one of the two files says is a mistake, no agreement. */
const SERVICE_PORT = { file: 'service.json', names: 'port of the service', pattern: /^\s*"port":\s*(\d+)/gm };
const PORT_OF_SERVERS = {
  file: 'haproxy.cfg',
  names: 'port of the servers',
  pattern: /^\s*server\s+\S+\s+\S+:(\d+)/gm,
};

/**
 * How two configurations of a node differ in what its tier must have alike, such as `virtual_router_id 20 -> 30`. A node with
 * the one and a node with the other do not hear each other, or do not use each other's service.
 * @param before, after path -> content, as `nodes/{node}/{file}`
 */
export function disagreements(node: string, before: RenderedFiles, after: RenderedFiles): string[] {
  const read = (files: RenderedFiles, file: string) => files.get(`nodes/${node}/${file}`) ?? '';
  const difference = ({ file, names, pattern }: Agreement) => {
    const [was, is] = [before, after].map((files) => valuesOf(read(files, file), pattern));
    return was === is ? [] : [`${names} ${was || 'none'} -> ${is || 'none'}`];
  };
  const isVersion2 = /^\s*(?:vrrp_)?version\s+2\b/m.test(read(after, 'keepalived.conf'));
  const ofVrrp = [...AGREED, ...(isVersion2 ? [AGREED_IN_VERSION_2] : [])].flatMap(difference);
  const [wereAt, areAt] = [before, after].map((files) => addressesOf(read(files, 'haproxy.cfg')));
  const ofAddresses = [...areAt!].flatMap(([name, address]) => {
    const was = wereAt!.get(name) ?? address;
    return was === address ? [] : [`address of ${name} ${was} -> ${address}`];
  });
  const [ofService, ofServers] = [difference(SERVICE_PORT), difference(PORT_OF_SERVERS)];
  return [...ofVrrp, ...ofAddresses, ...(ofServers.length > 0 ? ofService : [])];
}

/** Server -> its address, as HAProxy asks it. */
function addressesOf(haproxyConfiguration: string): Map<string, string> {
  const servers = haproxyConfiguration.matchAll(/^\s*server\s+(\S+)\s+([^\s:]+):/gm);
  return new Map([...servers].map(([, name = '', address = '']) => [name, address]));
}

function valuesOf(text: string, pattern: RegExp): string {
  return [...text.matchAll(pattern)].map(([, value = '']) => value.trim().replaceAll(/\s+/g, ' ')).join(', ');
}
