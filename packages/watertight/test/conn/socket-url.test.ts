/** URLs of Unix sockets: what they name, which texts are none, and that no URL object of another scheme is one. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTarget, redact } from '#conn';

for (const [url, scheme, socketPath, path] of [
  ['http://unix:/run/app.sock:/a/b?c=d#e', 'http', '/run/app.sock', '/a/b?c=d'],
  ['https://unix:/run/app.sock:/a', 'https', '/run/app.sock', '/a'],
  ['unix:/run/app.sock:/a', 'http', '/run/app.sock', '/a'],
  ['unix:///run/app.sock:/a', 'http', '/run/app.sock', '/a'],
  ['UNIX:/run/app.sock:/a', 'http', '/run/app.sock', '/a'],
  ['HTTP://Unix:/run/app.sock:/a', 'http', '/run/app.sock', '/a'],
  ['http://unix:/run/app.sock', 'http', '/run/app.sock', '/'],
  ['http://unix:/run/app.sock:', 'http', '/run/app.sock', '/'],
  ['http://unix:/run/app.sock:/', 'http', '/run/app.sock', '/'],
  ['unix:/run/app.sock:/a:/b', 'http', '/run/app.sock', '/a:/b'],
  ['unix:/run/my%20app%3A1%3F%23%25.sock:/a', 'http', '/run/my app:1?#%.sock', '/a'],
  ['unix:/run/my app.sock:/a', 'http', '/run/my app.sock', '/a'],
  ['unix:/run/bücher.sock:/ä', 'http', '/run/bücher.sock', '/%C3%A4'],
  ['unix:/run/a.sock:/x/../y', 'http', '/run/a.sock', '/y'],
  ['unix:/run/a.sock://evil.example/y', 'http', '/run/a.sock', '//evil.example/y'],
  ['unix:/run/a.sock:/@evil.example/y', 'http', '/run/a.sock', '/@evil.example/y'],
  ['unix://./pipe/app:/a', 'http', '//./pipe/app', '/a'],
] as const) {
  test(`${url} is a request to ${socketPath}`, () => {
    const { origin, path: requested, authorization } = parseTarget(url);
    assert.deepEqual({ ...origin, path: requested, authorization }, { key: origin.href, href: origin.href, scheme, hostname: 'localhost', port: scheme === 'https' ? 443 : 80, host: 'localhost', serverName: null, socketPath, path, authorization: null });
    assert.equal(redact(parseTarget(redact({ origin, path: requested, authorization: null }))), redact({ origin, path: requested, authorization: null }), 'what is shown is a URL of the same');
  });
}

test('both forms of one socket are one origin, however its path is written; the scheme and the path distinguish', () => {
  const { origin } = parseTarget('http://unix:/run/a.sock:/x');
  for (const same of ['unix:/run/a.sock:/y', 'unix:/run/%61.sock:/y', new URL('unix:/run/a.sock:/y')]) assert.equal(parseTarget(same).origin, origin);
  for (const other of ['https://unix:/run/a.sock:/x', 'http://unix:/run/b.sock:/x', 'http://localhost/x']) assert.notEqual(parseTarget(other).origin.key, origin.key);
});

describe('refused, with the form that is meant:', () => {
  for (const url of ['unix:', 'unix:/', 'unix:a.sock:/x', 'unix://host/a.sock', 'unix:/a.sock?x', 'unix:/a.sock:x', 'unix:/a%00b:/x', 'unix:/a%zz:/x', 'http://unix:/:/x', 'http://unix:/a.sock#x', `unix:/${'a'.repeat(200)}:/x`]) {
    test(url.slice(0, 40), () => assert.throws(() => parseTarget(url), { code: 'ERR_INVALID_URL', message: /unix:\/|has 201 bytes/ }));
  }
});

for (const [url, host] of [
  ['http://unix/run/app.sock:/x', 'unix'],
  ['http://unix:80/run/app.sock:/x', 'unix'],
  ['http://unix:8080/x', 'unix:8080'],
  ['http://unix.example:/x', 'unix.example'],
  ['http://a@unix:/run/app.sock:/x', 'unix'],
  ['http://a.example/unix:/run/app.sock:/x', 'a.example'],
  [new URL('http://unix:/run/app.sock:/x'), 'unix'],
] as const) {
  test(`${url.toString()}${typeof url === 'string' ? '' : ', a URL object,'} is a request to the host ${host}`, () => {
    const { origin } = parseTarget(url);
    assert.deepEqual([origin.host, origin.socketPath], [host, null]);
  });
}
