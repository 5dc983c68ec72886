/**
 * A response as it comes from the network: status, URL, header fields, and which
 * have no body. Fetch standard, "Statuses", "Responses", "Response class" and
 * "Headers class".
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { site } from '../site.js';
import { fetchOf, responseOf, sends } from './place.js';

describe('the status', () => {
  for (const status of [200, 201, 202, 203, 206, 207, 210, 299, 300, 305, 306, 400, 401, 402, 403, 404, 408, 410, 418, 425, 429, 431, 451, 499, 500, 502, 503, 504, 511, 599]) {
    test(`${status} is given out with its text, and nothing is asked again`, onLoopback(async (net) => {
      const server = await sends(net, `HTTP/1.1 ${status} OMG ${status}\r\nContent-Length: 4\r\n\r\nbody`);
      const response = await fetchOf(net)(server.origin);
      assert.deepEqual([response.status, response.statusText, response.ok, response.type, response.redirected, await response.text()], [status, `OMG ${status}`, status < 300, 'basic', false, 'body']);
      assert.equal(server.requests.length, 1);
    }));
  }

  for (const [line, text] of [['HTTP/1.1 200 ', ''], ['HTTP/1.1 200 Not Quite: OK!', 'Not Quite: OK!'], ['HTTP/1.1 200 caf\xe9', 'caf\xe9'], ['HTTP/1.0 200 OK', 'OK']] as const) {
    test(`${JSON.stringify(line)} has the text ${JSON.stringify(text)}`, onLoopback(async (net) => {
      const server = await sends(net, `${line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      const response = await fetchOf(net)(server.origin);
      assert.deepEqual([response.status, response.statusText, await response.text()], [200, text, '']);
    }));
  }

  test('401 with a challenge is given out', onLoopback(async (net) => {
    const server = await sends(net, 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"\r\nContent-Length: 0\r\n\r\n');
    const response = await fetchOf(net)(server.origin);
    assert.deepEqual([response.status, response.headers.get('www-authenticate'), server.requests.length], [401, 'Basic realm="a"', 1]);
    await response.text();
  }));

  test('304 to a condition of the program is given out', onLoopback(async (net) => {
    const server = await sends(net, 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n');
    const response = await fetchOf(net)(server.origin, { headers: { 'If-None-Match': '"a"' } });
    assert.deepEqual([response.status, response.headers.get('etag'), response.body], [304, '"a"', null]);
  }));

  test('what comes before the final response is passed over', onLoopback(async (net) => {
    const server = await sends(net, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody');
    const response = await fetchOf(net)(server.origin);
    assert.deepEqual([response.status, response.headers.get('link'), await response.text()], [200, null, 'body']);
  }));
});

describe('no body', () => {
  for (const status of [204, 205, 304]) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      test(`of ${status} to ${method}`, onLoopback(async (net) => {
        const server = await sends(net, `HTTP/1.1 ${status} None\r\n${status === 205 ? 'Content-Length: 0\r\n' : ''}\r\n`);
        const response = await fetchOf(net)(server.origin, { method });
        assert.deepEqual([response.status, response.body, response.bodyUsed], [status, null, false]);
        assert.deepEqual([await response.text(), await response.text(), response.bodyUsed], ['', '', false]);
      }));
    }
  }

  test('to HEAD, whatever its length', onLoopback(async (net) => {
    const server = await sends(net, 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n');
    const response = await fetchOf(net)(server.origin, { method: 'HEAD' });
    assert.deepEqual([response.status, response.body, response.headers.get('content-length'), await response.text()], [200, null, '50', '']);
  }));

  test('a body of length 0 is one: it is a stream, and read once', onLoopback(async (net) => {
    const response = await responseOf(net, '');
    assert.ok(response.body instanceof ReadableStream);
    assert.equal(await response.text(), '');
    assert.equal(response.bodyUsed, true);
    await assert.rejects(response.text(), TypeError);
  }));
});

describe('header fields', () => {
  for (const [what, lines, name, value] of [
    ['of one name are joined', ['foo-test: 1', 'FOO-TEST: 2', 'Foo-Test: 3'], 'foo-test', '1, 2, 3'],
    ['are joined as they are, lists among them', ['www-authenticate: 1', 'www-authenticate: 2, 3', 'www-authenticate: 4'], 'WWW-Authenticate', '1, 2, 3, 4'],
    ['that are empty are kept', ['heya: ', 'heya: 1', 'heya:', 'heya: 2'], 'heya', ', 1, , 2'],
    ['lose the blanks around them', ['a: \t b \t '], 'a', 'b'],
    ['keep the blanks in them', ['a: b \t c'], 'a', 'b \t c'],
    ['without a value are empty', ['a:'], 'a', ''],
    ['are read as Latin-1', ['a: caf\xe9 \xff'], 'a', 'caf\xe9 \xff'],
    ['are not decoded as UTF-8', ['a: \xc3\xa9'], 'a', '\xc3\xa9'],
    ['that are not there are null', ['a: b'], 'b', null],
    ['of cookies are joined by get', ['Set-Cookie: a=1', 'Set-Cookie: b=2'], 'set-cookie', 'a=1, b=2'],
    ['of Location are given out as they came', ['Location: /a b'], 'location', '/a b'],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const response = await responseOf(net, 'body', ...lines);
      assert.equal(response.headers.get(name), value);
      assert.equal(response.headers.has(name), value !== null);
      await response.text();
    }));
  }

  test('are listed in order, in small letters, the cookies one by one', onLoopback(async (net) => {
    const response = await responseOf(net, 'body', 'Set-Cookie: z=1', 'X-b: 1', 'Set-Cookie2: c', 'A: 2', 'Set-Cookie: y=2', 'x-B: 3');
    assert.deepEqual([...response.headers].filter(([name]) => name !== 'content-length'), [['a', '2'], ['set-cookie', 'z=1'], ['set-cookie', 'y=2'], ['set-cookie2', 'c'], ['x-b', '1, 3']]);
    assert.deepEqual(response.headers.getSetCookie(), ['z=1', 'y=2']);
    await response.text();
  }));

  for (const [what, line] of [['NUL', 'a: b\0c'], ['a bare CR', 'a: b\rc']] as const) {
    test(`with ${what} are a TypeError`, onLoopback(async (net) => {
      const server = await sends(net, `HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 4\r\n\r\nbody`);
      await assert.rejects(fetchOf(net)(server.origin), TypeError);
    }));
  }

  test('are one object, and can\'t be changed', onLoopback(async (net) => {
    const response = await responseOf(net, 'body', 'a: b');
    const { headers } = response;
    assert.equal(response.headers, headers);
    for (const change of [() => headers.append('a', 'c'), () => headers.set('a', 'c'), () => headers.delete('a'), () => headers.append('d', 'e'), () => headers.delete('not-there')]) assert.throws(change, TypeError);
    assert.equal(headers.get('a'), 'b');
    await response.text();
  }));
});

describe('the object', () => {
  test('is a Response whose parts are the platform\'s', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    assert.ok(response instanceof Response && response.headers instanceof Headers && response.body instanceof ReadableStream);
    for (const name of ['type', 'url', 'redirected', 'status', 'ok', 'statusText', 'headers', 'body', 'bodyUsed', 'clone', 'arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'].filter((name) => name in Response.prototype)) assert.ok(name in response, name);
    for (const name of ['trailer', 'useFinalURL']) assert.ok(!(name in response), name);
    assert.ok(!('getAll' in response.headers));
    await response.text();
  }));

  test('has one stream, and parts that can\'t be set', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    assert.equal(response.body, response.body);
    for (const name of ['status', 'url', 'headers', 'body', 'bodyUsed'] as const) {
      assert.throws(() => {
        (response as unknown as Record<string, unknown>)[name] = 1;
      }, TypeError, name);
    }
    assert.equal(await response.text(), 'body');
  }));

  test('its methods refuse another receiver', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    const { text } = response;
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- that is the case
    await assert.rejects(async () => text.call({} as Response), TypeError);
    await response.text();
  }));

  test('a Request for the same URL keeps the fragment that the response does not have', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const request = new Request(`${origin}/a#b`);
    const response = await fetch(request);
    assert.deepEqual([request.url, response.url], [`${origin}/a#b`, `${origin}/a`]);
    await response.text();
  }));
});

describe('a message that is not whole', () => {
  for (const [what, answer] of [
    ['a status line without an end', 'HTTP/1.1 200'],
    ['a head without an end', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n'],
    ['nothing', ''],
    ['no HTTP', 'hello there\r\n\r\n'],
  ] as const) {
    test(`${what} is a TypeError`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => {
        connection.write(answer);
        connection.finish();
      } });
      await assert.rejects(fetchOf(net)(server.origin, { method: 'POST', body: 'x' }), TypeError);
    }));
  }

  for (const [what, answer] of [
    ['of a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbegin'],
  ] as const) {
    test(`a body ${what} that is cut: the response comes, and every read of it is a TypeError`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => {
        connection.write(answer);
        connection.finish();
      } });
      await assert.rejects((await fetchOf(net)(server.origin)).text(), TypeError);
      const reader = (await fetchOf(net)(server.origin)).body!.getReader();
      await assert.rejects(async () => {
        while (!(await reader.read()).done);
      }, TypeError);
      await assert.rejects(reader.closed, TypeError);
    }));
  }

  test('a body without a length ends with the connection', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\n\r\nall of it');
      connection.finish();
    } });
    assert.equal(await (await fetchOf(net)(server.origin)).text(), 'all of it');
  }));
});
