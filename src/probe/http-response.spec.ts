import { describe, expect, it } from '@jest/globals';
import { answerOf, HttpResponseReader } from './http-response.js';

function read(text: string, pieceLength = text.length): HttpResponseReader {
  const reader = new HttpResponseReader();
  for (let at = 0; at < text.length; at += pieceLength) reader.push(text.slice(at, at + pieceLength));
  return reader;
}

describe('HttpResponseReader', () => {
  const RESPONSE = 'HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 7\r\n\r\n{"a":1}';

  it.each([1, 2, 7, 40, 1_000])('reads a response that comes in pieces of %d bytes', (pieceLength) => {
    const { state, status, body, closes } = read(RESPONSE, pieceLength);
    expect({ state, status, body, closes }).toEqual({ state: 'complete', status: 200, body: '{"a":1}', closes: false });
  });

  it('knows whether anything has come', () => {
    expect(new HttpResponseReader().begun).toBe(false);
    expect(read('H').begun).toBe(true);
  });

  it.each([1, 20, 45, RESPONSE.length - 1])(
    'is incomplete after %d bytes, also once the server has closed',
    (length) => {
      const reader = read(RESPONSE.slice(0, length));
      reader.close();
      expect(reader.state).toBe('incomplete');
    },
  );

  it('takes a body without a length to end with the connection', () => {
    const reader = read('HTTP/1.1 502 Bad Gateway\r\nX: y\r\n\r\nsorry');
    expect(reader.state).toBe('incomplete');
    reader.close();
    expect(reader).toMatchObject({ state: 'complete', status: 502, body: 'sorry', closes: true });
  });

  it('reads an empty body', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')).toMatchObject({ state: 'complete', body: '' });
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', false],
  ])('sees whether the server closes after %j: %s', (text, closes) => {
    expect(read(text)).toMatchObject({ state: 'complete', closes });
  });

  it('takes what comes after the answer for the end of the connection', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 408 Request Time-out\r\n\r\n';
    expect(read(text)).toMatchObject({ state: 'complete', status: 200, body: 'ab', closes: true });
  });

  it.each([
    ['something else', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an endless head', 'HTTP/1.1 200 OK\r\n'.padEnd(70_000, 'x')],
    ['an endless body', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(70_000)}`],
  ])('finds %s malformed', (_name, text) => {
    const reader = read(text, 1_000);
    reader.close();
    expect(reader.state).toBe('malformed');
  });
});

describe('answerOf', () => {
  it.each([
    [200, '{"backend":"backend-01","frontend":"frontend-02"}', 'ok', null, 'frontend-02', 'backend-01'],
    [200, '{"backend":"backend-01"}', 'ok', null, null, 'backend-01'],
    [200, '{"backend":1,"frontend":{}}', 'ok', null, null, null],
    [
      503,
      '{"backend":null,"frontend":"frontend-01","error":"none"}',
      'failed',
      'status-503: none',
      'frontend-01',
      null,
    ],
    [503, `{"error":"${'no server\\n'.repeat(90)}"}`, 'failed', `status-503: ${'no server '.repeat(16)}`, null, null],
    [503, '{"error":{}}', 'failed', 'status-503', null, null],
    [502, '<h1>502 Bad Gateway</h1>', 'failed', 'status-502', null, null],
    [204, '', 'failed', 'status-204', null, null],
    [200, '<p>hello</p>', 'failed', 'bad-body', null, null],
    [200, '["frontend"]', 'failed', 'bad-body', null, null],
    [200, 'null', 'failed', 'bad-body', null, null],
    [200, '', 'failed', 'bad-body', null, null],
  ])('%d %s is %s (%s)', (status, body, outcome, reason, frontend, backend) => {
    expect(answerOf({ status, body })).toEqual({ outcome, reason, status, frontend, backend });
  });
});
