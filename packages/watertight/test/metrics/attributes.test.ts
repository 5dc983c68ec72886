/** Servers, methods, ends and lines as attributes: what is said of each, and what is never said. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodOf, outcomeOf, serverOf, topSites } from '#metrics';

test('a server has address, port and scheme, the default port said', () => {
  const cases: Record<string, [string, number, string]> = {
    'http://example.com': ['example.com', 80, 'http'],
    'https://example.com': ['example.com', 443, 'https'],
    'https://user:password@example.com:8443': ['example.com', 8443, 'https'],
    'http://[::1]:8080': ['::1', 8080, 'http'],
    'no origin': ['unknown', 0, 'unknown'],
    'undefined://127.0.0.1:80': ['127.0.0.1', 80, 'undefined'],
  };
  for (const [origin, [address, port, scheme]] of Object.entries(cases)) {
    assert.deepEqual(serverOf(origin), { 'server.address': address, 'server.port': port, 'url.scheme': scheme }, origin);
  }
});

test('a server on a Unix socket has its path as the address, and no port', () => {
  assert.deepEqual(serverOf('http://unix:/run/my%20app.sock:'), { 'server.address': '/run/my app.sock', 'url.scheme': 'http' });
});

test('a method that anybody made up is _OTHER', () => {
  assert.deepEqual(['GET', 'PATCH', 'QUERY', 'get', 'BREW'].map(methodOf), ['GET', 'PATCH', 'QUERY', '_OTHER', '_OTHER']);
});

test('an end is a status, a kind of error, or both; never a message', () => {
  const coded = Object.assign(new Error('secret'), { code: 'ECONNRESET' });
  assert.deepEqual(outcomeOf(200, null), { status: 200, errorType: '' });
  assert.deepEqual(outcomeOf(503, null), { status: 503, errorType: '503' });
  assert.deepEqual(outcomeOf(0, coded), { status: 0, errorType: 'ECONNRESET' });
  assert.deepEqual(outcomeOf(200, coded), { status: 200, errorType: 'ECONNRESET' });
  assert.deepEqual(outcomeOf(0, new DOMException('x', 'AbortError')), { status: 0, errorType: 'AbortError' });
  assert.deepEqual(outcomeOf(0, 'my secret'), { status: 0, errorType: '_OTHER' });
  assert.deepEqual(outcomeOf(0, Object.assign(new Error('x'), { code: 'a secret', name: 'one more' })), { status: 0, errorType: '_OTHER' });
  assert.deepEqual(outcomeOf(0, null), { status: 0, errorType: '_OTHER' });
});

test('the largest are kept, the rest is one, and of equals always the same', () => {
  const counts = new Map([['c', 1], ['a', 1], ['b', 5], ['other', 2]]);
  assert.deepEqual([...topSites(counts, 2)], [['b', 5], ['a', 1], ['other', 3]]);
  assert.deepEqual([...topSites(new Map([['a', 1]]), 2)], [['a', 1]]);
  assert.deepEqual([...topSites(new Map(), 2)], []);
});
