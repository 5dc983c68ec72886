/** Every option of a client and of a request, with wrong values of every kind: each is refused before anything is dialled, by an error that names the option, the value and the rule, and holds no credential. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Client, RequestError, Transport, type ClientOptions, type RequestErrorCode, type RequestInit } from 'watertight';
import { HOOK_NAMES } from '#conn';
import { UNSHOWABLE, WRONG, type Kind, type WrongValue } from '../fixtures/wrong-values.js';

function assertSays(error: unknown, code: RequestErrorCode, parts: readonly (string | RegExp)[]): true {
  assert.ok(error instanceof RequestError, inspect(error));
  assert.equal(error.code, code, error.message);
  for (const part of parts) {
    if (typeof part === 'string') assert.ok(error.message.includes(part), `${error.message} does not say ${part}`);
    else assert.match(error.message, part);
  }
  assert.doesNotMatch(inspect(error, { depth: 5 }), /topsecret/);
  return true;
}

/** A client that fails the test if it dials. */
async function neverDialling(run: (client: Client) => Promise<void>): Promise<void> {
  let dials = 0;
  await using transport = new Transport({ dial: () => {
    dials++;
    throw new Error('dialled');
  } });
  await run(new Client({ transport }));
  assert.equal(dials, 0, 'nothing is sent');
}

describe('an option of a client:', () => {
  const options = {
    transport: ['object', /has a method roundTrip/],
    checkRedirect: ['function', /is a function/],
    jar: ['object', /has the methods getCookieString\(url\) and setCookie/],
    timeout: ['number', /is a number of milliseconds, 0 for none/],
    sensitiveHeaders: ['names', /is a list of header names/],
  } as const satisfies Record<keyof ClientOptions, readonly [Kind, RegExp]>;

  for (const [name, [kind, rule]] of Object.entries(options)) {
    const wrong: readonly WrongValue[] = kind === 'object' ? [...WRONG.object, ...WRONG.function.filter(({ value }) => typeof value === 'object' || typeof value === 'string')] : WRONG[kind];
    for (const { what, value, shown } of wrong) {
      // The methods of a revoked proxy can't even be looked for.
      if (kind === 'object' && what.includes('revoked')) continue;
      test(`${name} is not ${what}`, () => {
        assert.throws(() => new Client({ [name]: value }), (error) => assertSays(error, 'ERR_INVALID_OPTION', [name, shown, rule]));
      });
    }
  }

  test('a list of sensitive headers holds names', () => {
    for (const { value, shown } of [...WRONG.names.filter(({ value }) => typeof value !== 'string'), { value: UNSHOWABLE, shown: 'an object' }]) {
      assert.throws(() => new Client({ sensitiveHeaders: ['X-Key', value] as never }), (error) => assertSays(error, 'ERR_INVALID_OPTION', [`sensitiveHeaders holds ${shown}, which is not a header name`]));
    }
  });

  test('null is none of them', () => {
    const client = new Client({ transport: null, checkRedirect: null, jar: null, timeout: null, sensitiveHeaders: null });
    client.closeIdleConnections();
  });

  test('the options are an object', () => {
    for (const { value, shown } of [...WRONG.object, { value: null, shown: 'null' }, { value: 'x', shown: '"x"' }]) {
      assert.throws(() => new Client(value as never), (error) => assertSays(error, 'ERR_INVALID_OPTION', [`the options of a client are an object, not ${shown}`]));
    }
  });
});

describe('an option of a request:', () => {
  const URL_ = 'http://a.example/';
  const options = {
    method: ['word', 'ERR_INVALID_METHOD', /is not a method: a method is a token such as GET \(RFC 9110 section 9\.1\)/],
    headers: ['object', 'ERR_INVALID_HEADER', /headers are a Headers object, pairs or a record/],
    body: ['object', 'ERR_INVALID_BODY', /a body is a string, bytes/],
    trailers: ['object', 'ERR_INVALID_OPTION', /trailers is a record of names and values/],
    signal: ['function', 'ERR_INVALID_OPTION', /signal is an AbortSignal/],
    timeout: ['number', 'ERR_INVALID_OPTION', /timeout is a number of milliseconds, 0 for none/],
    redirect: ['word', 'ERR_INVALID_OPTION', /redirect is 'follow', 'manual' or 'error'/],
    close: ['flag', 'ERR_INVALID_OPTION', /close is true or false/],
    trace: ['object', 'ERR_INVALID_OPTION', /trace is an object of functions/],
    onUploadProgress: ['function', 'ERR_INVALID_OPTION', /onUploadProgress is a function/],
    onDownloadProgress: ['function', 'ERR_INVALID_OPTION', /onDownloadProgress is a function/],
  } as const satisfies Record<keyof RequestInit, readonly [Kind, RequestErrorCode, RegExp]>;

  for (const [name, [kind, code, rule]] of Object.entries(options)) {
    for (const { what, value, shown } of WRONG[kind]) {
      // A function is one of the forms of a body, and the methods of a revoked proxy can't even be looked for.
      if (name === 'body' && typeof value === 'function' || name === 'signal' && what.includes('revoked')) continue;
      // Of a body only the kind is shown: it may be anything.
      const says = name === 'body' ? typeof value : shown;
      test(`${name} is not ${what}`, () => neverDialling(async (client) => {
        await assert.rejects(client.request(URL_, { method: 'POST', [name]: value }), (error) => assertSays(error, code, [says, rule]));
        await assert.rejects(client.do({ url: URL_, method: 'POST', [name]: value }), (error) => assertSays(error, code, [says, rule]));
      }));
    }
  }

  test('a method holds no line end', () => neverDialling(async (client) => {
    await assert.rejects(client.request(URL_, { method: 'GET\r\nX: y' }), (error) => assertSays(error, 'ERR_INVALID_METHOD', [String.raw`"GET\r\nX: y" is not a method`]));
  }));

  test('a body is no promise, and no function that returns one', () => neverDialling(async (client) => {
    await assert.rejects(client.post(URL_, Promise.resolve('x') as never), (error) => assertSays(error, 'ERR_INVALID_BODY', ['not object']));
    await assert.rejects(client.post(URL_, (() => Promise.resolve('x')) as never), (error) => assertSays(error, 'ERR_INVALID_BODY', ['returned a promise']));
  }));

  test('endless times and those beyond any timer are no limit', () => neverDialling(async (client) => {
    for (const timeout of [Infinity, Number.MAX_VALUE, 2 ** 31]) {
      await assert.rejects(client.get('http://a.example/', { timeout, signal: AbortSignal.abort('ended') }), (error) => error === 'ended');
    }
  }));

  test('each hook of trace is a function', () => neverDialling(async (client) => {
    for (const hook of HOOK_NAMES) {
      for (const { value, shown } of WRONG.function) await assert.rejects(client.get(URL_, { trace: { [hook]: value } }), (error) => assertSays(error, 'ERR_INVALID_OPTION', [`the hook ${hook} of trace is a function, not ${shown}`]));
    }
  }));

  test('the options are an object, whatever the form of the request', () => neverDialling(async (client) => {
    for (const { value, shown } of [...WRONG.object, { value: 'topsecret'.slice(0, 3), shown: '"top"' }]) {
      const init = value as never;
      for (const ask of [client.get(URL_, init), client.head(URL_, init), client.post(URL_, 'x', init), client.postForm(URL_, {}, init), client.request(URL_, init)]) {
        await assert.rejects(ask, (error) => assertSays(error, 'ERR_INVALID_OPTION', [`the options of a request are an object, not ${shown}`]));
      }
    }
  }));

  test('a request is a Request or an object', () => neverDialling(async (client) => {
    await using transport = new Transport();
    for (const { value, shown } of [...WRONG.object, { value: null, shown: 'null' }, { value: 'x', shown: '"x"' }]) {
      for (const ask of [client.do(value as never), transport.roundTrip(value as never)]) await assert.rejects(ask, (error) => assertSays(error, 'ERR_INVALID_OPTION', [`a request is a Request, or an object with a url and options, not ${shown}`]));
    }
  }));
});

describe('a URL', () => {
  for (const { what, value, shown } of [...WRONG.flag.filter(({ what, value }) => typeof value !== 'string' && !what.includes('revoked')), { what: 'null', value: null, shown: 'null' }, { what: 'nothing', value: undefined, shown: 'undefined' }]) {
    test(`is not ${what}`, () => neverDialling(async (client) => {
      // What can be made a text is read as one, as the platform's own functions do.
      const asText = typeof value === 'function' || what === 'a list';
      await assert.rejects(client.get(value as never), (error) => assertSays(error, 'ERR_INVALID_URL', asText ? [] : [`the URL is ${shown}`]));
    }));
  }

  for (const [what, url, shown] of [
    ['that is relative', '/path?token=topsecret', '"/path?token=*" is not an absolute URL'],
    ['with a password, and a host that is none', 'http://user:topsecret@[::1/', '"http://***@[::1/" is not an absolute URL'],
    ['with a password that has a slash in it', 'http://user:topsecret/x@a.example/', '"http://***@a.example/" is not an absolute URL'],
    ['with a password that has a # in it', 'http://user:topsecret#x@a.example/', '"http://***@a.example/" is not an absolute URL'],
    ['without a scheme but with a password', ':topsecret@a.example', '"***@a.example" is not an absolute URL'],
    ['with a port that is no number', 'http://a.example:http/', '"http://a.example:http/" is not an absolute URL'],
    ['with a port that is none', 'http://a.example:65536/', '"http://a.example:65536/" is not an absolute URL'],
    ['with a space in its host', 'http://a b/', '"http://a b/" is not an absolute URL'],
    ['without a host', 'http://', '"http://" is not an absolute URL'],
    ['that is empty', '', '"" is not an absolute URL'],
    ['of another scheme', 'ftp://user:topsecret@a.example/', 'the scheme "ftp" is not supported; it must be http or https'],
  ] as const) {
    test(`${what} is refused`, () => neverDialling(async (client) => {
      await assert.rejects(client.get(url), (error) => assertSays(error, 'ERR_INVALID_URL', [shown]));
    }));
  }
});

describe('a header', () => {
  const url = 'http://a.example/';
  for (const [what, headers, says] of [
    ['whose name is a whole field', { 'Authorization: Bearer topsecret': '' }, '"Authorization:…" is not a header name'],
    ['whose name holds a line end', { 'X\r\nAuthorization': 'topsecret' }, String.raw`"X\r…" is not a header name`],
    ['whose name holds a space', { 'a b': 'topsecret' }, '"a …" is not a header name'],
    ['whose name is empty', { '': 'topsecret' }, '"" is not a header name'],
    ['whose name is beyond ASCII', { 'X-Bücher': 'topsecret' }, '"X-B\u00fc…" is not a header name'],
    ['whose name is no text', [[Symbol('x'), 'topsecret']], 'Symbol(x) is not a header name'],
    ['whose value holds a line end', { Authorization: 'topsecret\r\n' }, 'the value of the header "Authorization" holds the character U+000D at 9'],
    ['whose value holds a NUL', { A: 'topsecret\0' }, 'holds the character U+0000 at 9'],
    ['whose value is beyond a byte', { A: 'topsecret \u{1f4a9}' }, 'holds the character U+D83D at 10'],
    ['whose value is nothing', { A: undefined }, 'the value of the header "A" is a string, not undefined'],
    ['whose value is null', { A: null }, 'the value of the header "A" is a string, not null'],
    ['whose value is a symbol', { A: Symbol('topsecret') }, 'the value of the header "A" is a string, not symbol'],
    ['whose value is an object that throws', { A: UNSHOWABLE }, 'the value of the header "A" is a string, not object'],
    ['given as a text', 'Authorization: Bearer topsecret', 'headers are a Headers object, pairs or a record, not a string'],
    ['given as a list of texts', ['Authorization: Bearer topsecret'], 'headers given as a list are pairs of a name and a value'],
    ['that frames the message', { 'Transfer-Encoding': 'chunked' }, 'the header Transfer-Encoding frames the message'],
    ['Content-Length that is no number', { 'Content-Length': 'five' }, 'the Content-Length "five" is not one decimal number'],
    ['Content-Length without a body', { 'Content-Length': '5' }, 'Content-Length says 5, but the request has no body'],
    ['Trailer, which follows from the option', { Trailer: 'X' }, 'the header Trailer'],
    ['Upgrade without Connection', { Upgrade: 'websocket' }, 'the header Upgrade says "websocket"'],
    ['Host with a path in it', { Host: 'a.example/x' }, 'the Host header "a.example/x" is not a host'],
    ['Host with a user in it', { Host: 'user:topsecret@a.example' }, 'the Host header "***@a.example" is not a host'],
    ['Connection with a field\'s name', { Connection: 'Authorization' }, 'the header Connection may say close, keep-alive or upgrade, not "authorization"'],
  ] as const) {
    test(`${what} is refused`, () => neverDialling(async (client) => {
      await assert.rejects(client.get(url, { headers: headers as never }), (error) => assertSays(error, 'ERR_INVALID_HEADER', [says]));
    }));
  }
});

test('fields of a form that can\'t be made text are refused', () => neverDialling(async (client) => {
  for (const fields of [{ a: Symbol('x') }, { a: UNSHOWABLE }, [['a']], [5]]) {
    await assert.rejects(client.postForm('http://a.example/', fields as never), (error: RequestError) => error instanceof RequestError && error.code === 'ERR_INVALID_BODY' && /postForm\(\) takes the fields/.test(error.message));
  }
}));
