/** A request's head as HTTP/2 fields, and a response's fields as a head: the rules, without a connection. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestFields } from '#h2';
import { Headers, type HeadersInit, type RequestFraming } from '#wire';

function fieldsOf(headers: HeadersInit | null, framing: RequestFraming = 'none', method = 'GET'): Record<string, unknown> {
  return { ...requestFields({ method, scheme: 'https', target: '/a?b', host: 'h:1', headers: headers === null ? null : new Headers(headers), framing, acceptEncoding: 'gzip', trailers: null }) };
}

const PLAIN = { ':authority': 'h:1', ':method': 'GET', ':path': '/a?b', ':scheme': 'https', 'user-agent': 'watertight/0.1', 'accept-encoding': 'gzip' };

describe('the fields of a request', () => {
  const table: [what: string, headers: HeadersInit, expected: object][] = [
    ['names are in lower case', { 'X-A': '1' }, { ...PLAIN, 'x-a': '1' }],
    ['Host is the authority', { Host: 'other' }, { ...PLAIN, ':authority': 'other' }],
    ['what speaks of the connection is left out', { Connection: 'close', 'Content-Length': '0' }, PLAIN],
    ['of TE only trailers is left', { TE: 'gzip;q=1, Trailers' }, { ...PLAIN, te: 'trailers' }],
    ['other codings of TE are left out', { TE: 'gzip' }, PLAIN],
    ['a Cookie is cut into its pairs', { Cookie: 'a=1; b=2;c=3' }, { ...PLAIN, cookie: ['a=1', 'b=2', 'c=3'] }],
    ['fields of one name are joined', [['X-A', '1'], ['x-a', '2']], { ...PLAIN, 'x-a': '1, 2' }],
    ['the program\'s User-Agent and Accept-Encoding come before ours', { 'User-Agent': 'me', 'Accept-Encoding': 'br' }, { ...PLAIN, 'user-agent': 'me', 'accept-encoding': 'br' }],
    ['an empty User-Agent is none', { 'User-Agent': '' }, (({ 'user-agent': _none, ...rest }) => rest)(PLAIN)],
    ['__proto__ is a name like any other', [['__proto__', 'x']], { ...PLAIN, ['__proto__']: 'x' }],
  ];
  for (const [what, headers, expected] of table) test(what, () => assert.deepEqual(Object.entries(fieldsOf(headers)).sort(), Object.entries(expected).sort()));

  for (const [method, framing, length] of [['GET', 'none', undefined], ['POST', 'none', '0'], ['PUT', 7, '7'], ['POST', 'chunked', undefined], ['DELETE', 0, '0']] as [string, RequestFraming, string | undefined][]) {
    test(`Content-Length of ${method} with a body of ${framing} bytes: ${length ?? 'none'}`, () => assert.equal(fieldsOf(null, framing, method)['content-length'], length));
  }
});
