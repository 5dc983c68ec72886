/**
 * What a request looks like on the wire: its method, its header fields and its
 * target. Fetch standard, "Methods", "Headers class" and "HTTP-network-or-cache
 * fetch"; the forbidden request-headers are a rule for browsers, and programs on
 * Node set them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { echoOf, field, site } from '../site.js';

describe('a method', () => {
  for (const [given, sent] of [
    ['get', 'GET'], ['hEad', 'HEAD'], ['poSt', 'POST'], ['Put', 'PUT'], ['deleTe', 'DELETE'], ['optionS', 'OPTIONS'],
    ['GET', 'GET'], ['HEAD', 'HEAD'], ['PATCH', 'PATCH'], ['patch', 'patch'], ['Chicken', 'Chicken'], ['TacO', 'TacO'], ['REPORT', 'REPORT'],
  ] as const) {
    test(`${given} is sent as ${sent}`, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      await (await fetch(origin, { method: given })).text();
      await (await fetch(new Request(origin, { method: given }))).text();
      assert.deepEqual(server.requests.map(({ method }) => method), [sent, sent]);
    }));
  }
});

describe('a field that the program leaves out', () => {
  for (const [method, body, name, value] of [
    ['GET', null, 'accept', '*/*'],
    ['GET', null, 'accept-language', '*'],
    ['GET', null, 'content-length', undefined],
    ['GET', null, 'content-type', undefined],
    ['GET', null, 'origin', undefined],
    ['GET', null, 'referer', undefined],
    ['GET', null, 'cache-control', undefined],
    ['HEAD', null, 'content-length', undefined],
    ['DELETE', null, 'content-length', undefined],
    ['OPTIONS', null, 'content-length', undefined],
    ['Chicken', null, 'content-length', undefined],
    ['PUT', null, 'content-length', '0'],
    ['POST', null, 'content-length', '0'],
    ['POST', '', 'content-length', '0'],
    ['POST', '', 'content-type', 'text/plain;charset=UTF-8'],
    ['POST', 'data', 'origin', undefined],
    ['Chicken', 'data', 'content-length', '4'],
    ['PATCH', 'data', 'content-length', '4'],
    ['DELETE', 'data', 'content-length', '4'],
  ] as const) {
    test(`${name} of a ${method} ${body === null ? 'without a body' : `with "${body}"`} is ${value ?? 'not there'}`, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      await (await fetch(origin, { method, body })).text();
      assert.equal(server.requests[0].header(name), value);
    }));
  }

  test('User-Agent has a value, and Host is the origin\'s', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const echo = await echoOf(fetch(origin));
    assert.match(field(echo, 'user-agent')!, /./);
    assert.equal(field(echo, 'host'), origin.slice('http://'.length));
  }));
});

describe('a field that the program sets is sent as it is:', () => {
  for (const [name, value] of [
    ['Accept', 'custom/*'], ['Accept-Language', 'bzh'], ['User-Agent', 'mine'], ['Accept-Encoding', 'identity'], ['Range', 'bytes=0-4'],
    ['If-None-Match', '"tag"'], ['If-Modified-Since', 'Wed, 21 Oct 2015 07:28:00 GMT'], ['Cache-Control', 'no-store'], ['Pragma', 'no-cache'],
    // Browsers do not let a page set these.
    ['Accept-Charset', 'utf-8'], ['Access-Control-Request-Headers', 'x'], ['Access-Control-Request-Method', 'PUT'], ['Cookie', 'a=b'], ['Cookie2', 'a=b'],
    ['Date', 'Wed, 04 May 1988 22:22:22 GMT'], ['DNT', '1'], ['Origin', 'http://example.test'], ['Via', '1.1 nowhere.test'], ['Proxy-Test', 'value'], ['Sec-Test', 'value'],
    ['Referer', 'http://example.test/page'], ['X-HTTP-Method-Override', 'TRACE'], ['X-Method-Override', 'connect'],
    ['Content-Type', 'a/b'], ['Potato', ''], ['Latin-1', 'þ\xff'], ['Inner-Blanks', 'a \t b'],
  ] as const) {
    test(`${name}: ${JSON.stringify(value)}`, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      await (await fetch(origin, { headers: { [name]: value } })).text();
      await (await fetch(new Request(origin, { headers: { [name]: value } }))).text();
      for (const request of server.requests) assert.deepEqual(request.all(name), [value]);
    }));
  }
});

describe('header values', () => {
  for (const [what, headers, name, sent] of [
    ['blanks around a value are cut off', { a: ' \t b \t' }, 'a', 'b'],
    ['line ends around a value are cut off', { a: '\r\n b\r\n' }, 'a', 'b'],
    ['a number is sent as its text', { a: 1 }, 'a', '1'],
    ['null is sent as its text', { a: null }, 'a', 'null'],
    ['undefined is sent as its text', { a: undefined }, 'a', 'undefined'],
    ['an array is sent as its text', { a: ['b', 'c'] }, 'a', 'b,c'],
    ['pairs of one name are one field', [['a', '1'], ['a', '2'], ['a', '3']], 'a', '1, 2, 3'],
    ['an empty value among them is kept', [['a', '1'], ['a', ''], ['a', '3']], 'a', '1, , 3'],
    ['the letter case of a name does not matter for that', [['a', '1'], ['A', '2']], 'a', '1, 2'],
    ['values of Headers are joined', new Headers([['a', '1'], ['a', '2']]), 'a', '1, 2'],
    ['cookies are joined by semicolons', [['Cookie', 'a=1'], ['Cookie', 'b=2']], 'cookie', 'a=1; b=2'],
    ['a Map is a list of pairs', new Map([['a', 'b']]), 'a', 'b'],
    ['own enumerable keys count', Object.create({ b: 'inherited' }, { a: { value: '1', enumerable: true }, c: { value: 'hidden', enumerable: false } }) as object, 'a', '1'],
    ['inherited keys do not', Object.create({ b: 'inherited' }, { a: { value: '1', enumerable: true } }) as object, 'b', undefined],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const echo = await echoOf(fetch(origin, { headers: headers as RequestInit['headers'] }));
      assert.deepEqual(echo.fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value), sent === undefined ? [] : [sent]);
    }));
  }

  for (const [first, second] of [['THIS-is-A-test', 'THIS-IS-A-TEST'], ['THIS-IS-A-TEST', 'THIS-is-A-test']] as const) {
    test(`fields of one name in two spellings are sent in the first, ${first}`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const { fields } = await echoOf(fetch(origin, { headers: [[first, '1'], [second, '2']] }));
      assert.deepEqual(fields.filter(([name]) => name.toLowerCase() === 'this-is-a-test'), [[first, '1, 2']]);
    }));
  }
});

describe('the target', () => {
  for (const [path, sent] of [
    ['', '/'], ['/', '/'], ['/ada', '/ada'], ['/#ada', '/'], ['#ada', '/'], ['/?', '/?'], ['?a=b#c', '/?a=b'], ['/a/../b/./c', '/b/c'], ['/a b', '/a%20b'],
    ['/ß?ß', '/%C3%9F?%C3%9F'], ['/%c3%9f', '/%c3%9f'], ['/a"b', '/a%22b'], ["/?q='", '/?q=%27'], ['/a\\b', '/a/b'], ['/\ta\n', '/a'], ['//a', '//a'], ['/a|b', '/a|b'],
  ] as const) {
    test(`${JSON.stringify(path)} is sent as ${sent}`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const input of [origin + path, new URL(origin + path), new Request(origin + path), { toString: () => origin + path } as unknown as string]) {
        const response = await fetch(input);
        assert.equal(response.url, origin + sent);
        assert.equal((await echoOf(response)).target, sent);
      }
    }));
  }
});
