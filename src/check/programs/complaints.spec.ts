import { describe, expect, it } from '@jest/globals';
import { type Program, saidIn } from './complaints.js';

const CONFIGURATION = `frontend www
    acl listed src -f /etc/haproxy/hosts.lst
    http-request deny if !listed
    http-request auth realm x if topsecret
    stats auth admin:topsecret extra
`;

function said(program: Program, output: string) {
  const name = program === 'HAProxy' ? 'haproxy.cfg' : 'lb1/keepalived.conf';
  const main = program === 'HAProxy' ? '/etc/haproxy/haproxy.cfg' : '/etc/keepalived/keepalived.conf';
  return saidIn([
    {
      ...{ program, version: '1.2.3', output, main },
      names: new Map([
        [main, name],
        ['/etc/keepalived/conf.d/a.conf', 'lb1/conf.d/a.conf'],
      ]),
      placeOf: (wanted) => (wanted === 'www' ? { file: name, line: 1, column: 1 } : undefined),
      textOf: () => CONFIGURATION,
    },
  ]);
}

const haproxy = (level: string, line: number, text: string) =>
  `[${level}]    (1) : config : parsing [/etc/haproxy/haproxy.cfg:${line}] : ${text}\n`;

describe('of HAProxy', () => {
  it('a file that only the host has is no complaint, nor what follows from it', () => {
    const { complaints, leftOut } = said(
      'HAProxy',
      haproxy(
        'ALERT',
        2,
        "error detected while parsing ACL 'listed' : failed to open pattern file </etc/haproxy/hosts.lst>.",
      ) +
        haproxy('ALERT', 3, "error detected while parsing an 'http-request deny' condition : no such ACL : 'listed'.") +
        haproxy('ALERT', 4, "error detected while parsing a condition : no such ACL : 'other'."),
    );
    expect(complaints.map(({ position: { line }, text }) => `${line} ${text}`)).toEqual([
      "4 error detected while parsing a condition : no such ACL : 'other'.",
    ]);
    expect(leftOut.map((text) => text.split(' ')[0])).toEqual(['haproxy.cfg:2', 'haproxy.cfg:3']);
  });

  it('a name that does not resolve here is none, nor a peer that this host is not', () => {
    const { complaints } = said(
      'HAProxy',
      haproxy('ALERT', 3, "'server pool/app1' : could not resolve address 'app1.example'.") +
        '[ALERT]    (1) : config : Failed to initialize server(s) addr.\n' +
        "[WARNING]  (1) : config : Removing incomplete section 'peers lbs' (no peer named 'lb9').\n",
    );
    expect(complaints).toEqual([]);
  });

  it('a complaint without a line is about the proxy that it names, or the file', () => {
    const { complaints } = said(
      'HAProxy',
      "[WARNING]  (1) : config : missing timeouts for frontend 'www'.\n[ALERT]    (1) : config : no listener.\n",
    );
    expect(complaints).toMatchObject([
      { severity: 'warning', position: { file: 'haproxy.cfg', line: 1 } },
      { severity: 'error', position: { file: 'haproxy.cfg', line: 1 } },
    ]);
  });

  it('a secret of the line is not repeated', () => {
    const { complaints } = said('HAProxy', haproxy('ALERT', 5, "'stats auth' : 'admin:topsecret' is strange."));
    expect(complaints[0]!.text).toBe("'stats auth' : '***' is strange.");
  });
});

describe('of keepalived', () => {
  it('what is said twice, or of one line, is one complaint, at the place in the file that was included', () => {
    const { complaints, versions } = said(
      'keepalived',
      "(/etc/keepalived/conf.d/a.conf: Line 3) invalid number 'abc'\n(/etc/keepalived/conf.d/a.conf: Line 3) (chk): setting to 1\n" +
        "(Line 4) Unknown keyword '}'\n(/etc/keepalived/keepalived.conf: Line 4) Unknown keyword '}'\n",
    );
    expect(complaints).toMatchObject([
      { position: { file: 'lb1/conf.d/a.conf', line: 3 }, text: "invalid number 'abc'; (chk): setting to 1" },
      { position: { file: 'lb1/keepalived.conf', line: 4 }, text: "Unknown keyword '}'" },
    ]);
    expect(versions).toEqual({ keepalived: '1.2.3' });
  });

  it.each([
    'Disabling track script chk_haproxy since not found/accessible',
    'Disabling track script chk_haproxy due to insecure',
    '(Line 5) Invalid smtp server mail.example 25',
  ])('%s: it is about the host', (line) => {
    expect(said('keepalived', `${line}\n`)).toMatchObject({ complaints: [], leftOut: [expect.any(String)] });
  });
});
