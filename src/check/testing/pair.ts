import type { CheckedCluster } from '../checked-cluster.js';
import { clusterOf, type NodeFiles } from '../cluster-of.js';
import { type Program, saidIn } from '../programs/complaints.js';
import { MAIN_FILES, programFilesOf } from '../programs/program-files.js';

/** Changes a text. */
export type Edit = (text: string) => string;

export interface PairEdits {
  lb1?: Edit;
  lb2?: Edit;
  both?: Edit;
  haproxy?: Edit;
  /** Further files of both nodes: path below the node's folder -> text. */
  files?: Record<string, string>;
  /** What HAProxy prints of haproxy.cfg, and keepalived of the file of lb1, when they are asked. */
  says?: Partial<Record<Program, string>>;
}

const KEEPALIVED = (name: string, address: number, peer: number, priority: number) => `global_defs {
    router_id ${name}
    script_user root
}

vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
    interval 1
    fall 2
}

vrrp_instance EDGE {
    state BACKUP
    interface eth0
    virtual_router_id 61
    priority ${priority}
    advert_int 1
    unicast_src_ip 10.20.30.${address}
    unicast_peer {
        10.20.30.${peer}
    }
    virtual_ipaddress {
        10.20.30.100/24
    }
    track_script {
        chk_haproxy
    }
}
`;

const HAPROXY = `defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s

frontend www
    bind :80
    monitor-uri /alive
    default_backend pool

backend pool
    option httpchk GET /healthz
    server app1 10.20.30.21:8080 check inter 1s fall 2
    server app2 10.20.30.22:8080 check inter 1s fall 2
`;

/** Two nodes, `lb1` and `lb2`, that are right but for the edits. Their files are `lb1/keepalived.conf` and so on, and `haproxy.cfg`. */
export function pair({ lb1, lb2, both = same, haproxy = same, files = {}, says }: PairEdits = {}): CheckedCluster {
  const texts = new Map([['haproxy.cfg', haproxy(HAPROXY)]]);
  const node = (name: string, text: string): NodeFiles => {
    const keepalived = `${name}/keepalived.conf`;
    texts.set(keepalived, text);
    for (const [path, content] of Object.entries(files)) texts.set(`${name}/${path}`, content);
    const all = new Map([...texts].filter(([path]) => path.startsWith(`${name}/`)));
    return { name, folder: name, keepalived, haproxy: undefined, all };
  };
  const nodes = [
    node('lb1', (lb1 ?? same)(both(KEEPALIVED('lb1', 11, 12, 110)))),
    node('lb2', (lb2 ?? same)(both(KEEPALIVED('lb2', 12, 11, 100)))),
  ];
  const cluster = clusterOf(nodes, texts, 'haproxy.cfg');
  if (!says) return cluster;
  const outputs = Object.entries(says).map(([program, output]) => ({
    ...{ program: program as Program, version: '1.2.3', output, main: MAIN_FILES[program as Program] },
    names: programFilesOf(cluster.nodes[0]!, cluster).names,
    placeOf: (name: string) => (name === 'pool' ? { file: 'haproxy.cfg', line: 12, column: 1 } : undefined),
    textOf: (file: string) => texts.get(file),
  }));
  return { ...cluster, said: saidIn(outputs) };
}

function same(text: string): string {
  return text;
}

/** @throws Error when there is nothing to replace: the test would prove nothing */
export function replaced(before: string, after: string): Edit {
  return (text) => {
    if (!text.includes(before)) throw new Error(`${before} is not in the text`);
    return text.replaceAll(before, after);
  };
}
