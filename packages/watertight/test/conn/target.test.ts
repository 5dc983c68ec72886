/** Where a request goes: one parser's word, whichever way the URL came, and what reports may show of it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTarget, redact } from '#conn';
import { SeededRandom } from '../fixtures/seeded-random.js';

test('a URL is an origin and what follows it', () => {
  const { origin, path, authorization } = parseTarget('https://Example.com:8443/a/../b?c=d#e');
  assert.deepEqual(origin, { key: 'https://example.com:8443', scheme: 'https', hostname: 'example.com', port: 8443, host: 'example.com:8443', href: 'https://example.com:8443', serverName: null, socketPath: null });
  assert.equal(path, '/b?c=d');
  assert.equal(authorization, null);
});

for (const [url, scheme, hostname, port, host, path] of [
  ['http://example.com', 'http', 'example.com', 80, 'example.com', '/'],
  ['http://example.com:80/', 'http', 'example.com', 80, 'example.com', '/'],
  ['https://example.com', 'https', 'example.com', 443, 'example.com', '/'],
  ['http://[::1]:8080/x', 'http', '::1', 8080, '[::1]:8080', '/x'],
  ['http://example.com?a', 'http', 'example.com', 80, 'example.com', '/?a'],
  ['http://0x7f.1/', 'http', '127.0.0.1', 80, '127.0.0.1', '/'],
  ['http://bücher.example/ä b', 'http', 'xn--bcher-kva.example', 80, 'xn--bcher-kva.example', '/%C3%A4%20b'],
] as const) {
  test(url, () => {
    const target = parseTarget(url);
    assert.deepEqual({ ...target.origin, path: target.path }, { key: `${scheme}://${host}`, scheme, hostname, port, host, href: `${scheme}://${host}`, serverName: null, socketPath: null, path });
  });
}

test('equal origins are one object, so that they are one connect key', () => {
  assert.equal(parseTarget('http://example.com/a').origin, parseTarget(new URL('http://EXAMPLE.com:80/b')).origin);
});

test('the short way for known origins gives what the parser gives, for any path', () => {
  parseTarget('http://known.example/');
  const random = new SeededRandom(11);
  const parts = ['a', '/', '//', '.', '..', '%2e', '%', ' ', '?', '#', '&', '=', '\\', '\t', '\r\n', 'ä', '"', '<', '>', '`', '{', '}', '|', '^', "'", '@', ':', ';', '+', '\u2028', '%00', '\0'];
  for (let round = 0; round < 5000; round++) {
    const path = `/${Array.from({ length: random.below(8) }, () => parts[random.below(parts.length)]).join('')}`;
    const url = new URL(`http://known.example${path}`);
    const target = parseTarget(`http://known.example${path}`);
    // Not `pathname + search`: an empty query is in the URL, and not in `search`.
    assert.equal(target.path, url.href.slice(url.origin.length).replace(/#.*$/, ''), JSON.stringify(path));
    assert.match(target.path, /^[\x21-\x7e]*$/);
  }
});

test('no known origin can be taken for another', () => {
  parseTarget('http://known.example/');
  for (const [url, host] of [
    ['http://known.example:81/', 'known.example:81'],
    ['http://known.example@evil.example/', 'evil.example'],
    ['http://known.example.evil.example/', 'known.example.evil.example'],
    ['http://known.example\\@evil.example/', 'known.example'],
    ['HTTP://known.example/', 'known.example'],
    ['http:known.example/', 'known.example'],
  ] as const) assert.equal(parseTarget(url).origin.host, host, url);
});

test('user and password become Basic authorization, decoded, and are in no URL', () => {
  const target = parseTarget('http://us%40er:p%C3%A4ss@example.com/a');
  assert.equal(target.authorization, `Basic ${Buffer.from('us@er:päss').toString('base64')}`);
  assert.equal(redact(target), 'http://example.com/a');
  assert.equal(parseTarget('http://user@example.com/').authorization, `Basic ${Buffer.from('user:').toString('base64')}`);
  assert.equal(parseTarget('http://us%er@example.com/').authorization, `Basic ${Buffer.from('us%er:').toString('base64')}`);
});

describe('refused, and no password shown:', () => {
  for (const url of ['', '/a', 'example.com', '//user:s3cret@example.com/', 'http://user:s3cret@', 'http://user:s3cret@exa mple.com/', 'ftp://user:s3cret@example.com/', 'file:///etc/passwd', 'data:,x', 'http://example.com:99999/', 'http://', null, undefined, 5, {}]) {
    test(JSON.stringify(url) ?? 'undefined', () => {
      assert.throws(() => parseTarget(url as string), (error: Error & { code: string }) => {
        assert.equal(error.name, 'RequestError');
        assert.equal(error.code, 'ERR_INVALID_URL');
        assert.doesNotMatch(JSON.stringify([error.message, error.cause, error.stack]), /s3cret/);
        return true;
      });
    });
  }
});

test('a report has the names of the query, not the values', () => {
  const shown = (path: string): string => redact(parseTarget(`http://example.com${path}`));
  assert.equal(shown('/a?token=s3cret&page=2&flag&x='), 'http://example.com/a?token=*&page=*&flag&x=*');
  assert.equal(shown('/a?b=c=d'), 'http://example.com/a?b=*');
  assert.equal(shown('/a'), 'http://example.com/a');
});
