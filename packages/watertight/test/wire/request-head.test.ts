/** Writing a head: what is in it, and that nothing the caller passes becomes more than one line of it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Request } from 'watertight';
import { checkMethod, checkReserved, encodeRequestHead, Headers, USER_AGENT, type RequestHead } from '#wire';

const plain: RequestHead = { method: 'GET', target: '/a?b=c', host: 'example.com:8080', headers: null, framing: 'none', close: false, acceptEncoding: '' };
const encode = (change: Partial<RequestHead>): string[] => {
  const text = encodeRequestHead({ ...plain, ...change });
  assert.ok(text.endsWith('\r\n\r\n'));
  return text.slice(0, -4).split('\r\n');
};

describe('the head of a request', () => {
  test('starts with its line, Host and User-Agent', () => {
    assert.deepEqual(encode({}), ['GET /a?b=c HTTP/1.1', 'Host: example.com:8080', `User-Agent: ${USER_AGENT}`]);
  });

  test('has the caller\'s fields in their order and spelling', () => {
    assert.deepEqual(encode({ headers: new Headers([['x-B', '2'], ['X-a', '1'], ['x-B', '3']]) }).slice(2), [`User-Agent: ${USER_AGENT}`, 'x-B: 2', 'X-a: 1', 'x-B: 3']);
  });

  test('has no User-Agent where the caller\'s is empty, as in Go', () => {
    assert.deepEqual(encode({ headers: new Headers({ 'User-Agent': '', A: '1' }) }).slice(2), ['A: 1']);
  });

  test('has the caller\'s User-Agent, Accept-Encoding and Host instead of ours', () => {
    const lines = encode({ headers: new Headers({ 'user-agent': 'mine', 'ACCEPT-ENCODING': 'br', Host: 'other' }), acceptEncoding: 'gzip' });
    assert.deepEqual(lines, ['GET /a?b=c HTTP/1.1', 'Host: other', 'user-agent: mine', 'ACCEPT-ENCODING: br']);
  });

  for (const [what, change, expected] of [
    ['no body: nothing', {}, []],
    ['a POST without a body: length 0', { method: 'POST' }, ['Content-Length: 0']],
    ['a PUT without a body: length 0', { method: 'PUT' }, ['Content-Length: 0']],
    ['a PATCH without a body: length 0', { method: 'PATCH' }, ['Content-Length: 0']],
    ['a DELETE without a body: nothing', { method: 'DELETE' }, []],
    ['a body of known length', { method: 'POST', framing: 5 }, ['Content-Length: 5']],
    ['a body of no bytes', { method: 'GET', framing: 0 }, ['Content-Length: 0']],
    ['a body of unknown length', { method: 'POST', framing: 'chunked' }, ['Transfer-Encoding: chunked']],
    ['content codings are offered', { acceptEncoding: 'gzip' }, ['Accept-Encoding: gzip']],
    ['the end of the connection is announced', { close: true }, ['Connection: close']],
  ] as const) {
    test(what, () => assert.deepEqual(encode(change as Partial<RequestHead>).slice(3), expected));
  }

  test('has its framing from us alone, whatever the caller\'s fields say', () => {
    const headers = new Headers({ 'Content-Length': '99', 'Transfer-Encoding': 'chunked', Connection: 'keep-alive', TE: 'trailers' });
    assert.deepEqual(encode({ method: 'POST', headers, framing: 5 }).slice(3), ['TE: trailers', 'Content-Length: 5']);
  });
});

describe('a method', () => {
  test('is any token', () => {
    for (const method of ['GET', 'get', 'PROPFIND', 'M-SEARCH', '!']) checkMethod(method);
    for (const method of ['', 'GET ', 'G ET', 'GET\r\nX: y', 'GET\0', 'GÄT', null, undefined, 5, {}]) {
      assert.throws(() => checkMethod(method), { name: 'RequestError', code: 'ERR_INVALID_METHOD' });
    }
  });
});

describe('fields that are not the caller\'s', () => {
  for (const name of ['Transfer-Encoding', 'HTTP2-Settings', 'Trailer', 'Keep-Alive', 'Proxy-Connection']) {
    test(`${name} is refused`, () => {
      assert.throws(() => checkReserved(new Headers({ [name]: 'x' }), null), { name: 'RequestError', code: 'ERR_INVALID_HEADER', message: new RegExp(name) });
    });
  }

  test('Connection may say close, keep-alive or, with an Upgrade, upgrade, and nothing that takes fields away', () => {
    const close = (value: string): boolean => checkReserved(new Headers({ Connection: value }), null).close;
    assert.equal(close('close'), true);
    assert.equal(close('Keep-Alive, CLOSE'), true);
    assert.equal(close('keep-alive'), false);
    assert.equal(close(''), false);
    for (const value of ['upgrade', 'Authorization', 'close, X-Forwarded-For', 'close;q=1']) assert.throws(() => close(value), { code: 'ERR_INVALID_HEADER' });
  });

  test('Content-Length may say what is true', () => {
    const declared = (length: number | null, ...values: string[]): number | null => checkReserved(new Headers(values.map((value) => ['Content-Length', value])), length).declaredLength;
    assert.equal(declared(5, '5'), 5);
    assert.equal(declared(null, '5'), 5);
    assert.equal(declared(null, '5', '5'), 5);
    assert.equal(declared(5), null);
    for (const [length, values] of [[5, ['6']], [null, ['5', '6']], [null, ['-1']], [null, ['5, 5']], [null, ['0x5']], [null, ['']], [null, ['9999999999999999']]] as const) {
      assert.throws(() => declared(length, ...values), { code: 'ERR_INVALID_HEADER' });
    }
  });

  test('Host is given at most once and is a host', () => {
    for (const host of ['example.com', 'example.com:8080', '[::1]:80', 'a_b.example']) checkReserved(new Headers({ Host: host }), null);
    for (const host of ['', 'a b', 'a/b', 'user@host', 'a\tb', 'h\xe4']) assert.throws(() => checkReserved(new Headers({ Host: host }), null), { code: 'ERR_INVALID_HEADER' });
    assert.throws(() => checkReserved(new Headers([['Host', 'a'], ['host', 'a']]), null), { code: 'ERR_INVALID_HEADER' });
  });
});

describe('nothing smuggles a CR, LF or NUL onto the wire', () => {
  const evil = ['\r\n', '\n', '\r', '\0', '\r\n\r\nGET /evil HTTP/1.1\r\n', '\u010a', '\u560d\u560a', ' \r\n x'];
  /** The whole way from what the program passes to the head; null where it is refused. */
  const headOf = (url: string, init: object): string | null => {
    let request: Request;
    try {
      request = new Request(url, init);
    } catch (error) {
      assert.ok(error instanceof Error && error.name === 'RequestError', String(error));
      return null;
    }
    const { method, target, ownHeaders, close } = request;
    return encodeRequestHead({ method, target: target.path, host: target.origin.host, headers: ownHeaders, framing: 'none', close, acceptEncoding: 'gzip' });
  };

  for (const bytes of evil) {
    for (const [where, url, init] of [
      ['the path', `http://example.com/a${bytes}b`, {}],
      ['the query', `http://example.com/?a=${bytes}b`, {}],
      ['the fragment', `http://example.com/#${bytes}b`, {}],
      ['the host', `http://exam${bytes}ple.com/`, {}],
      ['the port', `http://example.com:80${bytes}/`, {}],
      ['the user', `http://us${bytes}er:pw@example.com/`, {}],
      ['the password', `http://user:p${bytes}w@example.com/`, {}],
      ['the method', 'http://example.com/', { method: `GET${bytes}` }],
      ['a field\'s name', 'http://example.com/', { headers: { [`X${bytes}`]: 'y' } }],
      ['a field\'s value', 'http://example.com/', { headers: { X: `y${bytes}z` } }],
      ['the Host field', 'http://example.com/', { headers: { Host: `example.com${bytes}x` } }],
    ] as const) {
      test(`${JSON.stringify(bytes)} in ${where}`, () => {
        const head = headOf(url, init);
        if (head === null) return;
        assert.match(head, /^[\t\r\n\x20-\x7e\x80-\xff]*$/);
        const lines = head.split('\r\n');
        assert.match(lines[0], /^GET \/[^ ]* HTTP\/1\.1$/);
        assert.ok(lines.every((line) => !/[\r\n\0]/.test(line)), head);
        // As many lines as the harmless request has, one each for what was set.
        const fields = lines.filter((line) => /^(Authorization|X): /.test(line)).length;
        assert.equal(lines.length, 6 + fields, head);
      });
    }
  }
});
