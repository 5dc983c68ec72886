/** The response of fetch as an object: what programs that were written for Node's fetch see of it when they list, copy, set or hand it on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { site } from './site.js';

/** A test of a response over the network; its body is read at the end. */
function withResponse(body: (response: Response, fetch: typeof globalThis.fetch) => void | Promise<void>): ReturnType<typeof onLoopback> {
  return onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(origin);
    await body(response, fetch);
    if (!response.bodyUsed) await response.text();
  });
}

/** What for-in visits. */
function visited(object: object): string[] {
  const names: string[] = [];
  for (const name in object) names.push(name);
  return names.toSorted();
}

describe('as an object', () => {
  test('has no properties of its own, so a copy, a list and JSON of it are empty', withResponse((response) => {
    assert.deepEqual(Object.assign({}, response), {});
    assert.deepEqual([Object.keys(response), Object.getOwnPropertyNames(response), JSON.stringify(response)], [[], [], '{}']);
  }));

  test('shows for-in what the platform\'s shows', withResponse((response) => {
    const theirs = visited(new Response());
    assert.deepEqual(theirs.filter((name) => !visited(response).includes(name)), []);
    assert.ok(['body', 'bodyUsed', 'headers', 'json', 'ok', 'redirected', 'status', 'statusText', 'text', 'type', 'url'].every((name) => theirs.includes(name)));
    // Methods that a newer platform has as well.
    assert.deepEqual(visited(response).filter((name) => !theirs.includes(name)).filter((name) => name !== 'bytes'), []);
  }));

  for (const name of ['body', 'bodyUsed', 'headers', 'ok', 'redirected', 'status', 'statusText', 'type', 'url']) {
    test(`${name} can't be set`, withResponse((response) => {
      assert.ok(name in response);
      assert.throws(() => Object.assign(response, { [name]: 'other' }), TypeError);
    }));
  }

  test('takes properties of the program, as the platform\'s does', withResponse((response) => {
    Object.assign(response, { data: 1 });
    assert.deepEqual(Object.assign({}, response), { data: 1 });
  }));

  test('gives its status and its headers to a new Response, and its body', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(origin);
    const copy = new Response(response.body, response);
    assert.deepEqual([copy.status, copy.statusText, copy.headers.getSetCookie()], [200, 'OK', ['a=1', 'b=2']]);
    copy.headers.set('x-own', 'x');
    assert.equal(copy.headers.get('x-own'), 'x');
    assert.match(await copy.text(), /"GET"/);
    assert.equal(response.bodyUsed, true);
  }));

  test('parts are the same ones each time', withResponse((response) => {
    assert.equal(response.body, response.body);
    assert.equal(response.headers, response.headers);
  }));
});

test('the platform compiles WebAssembly out of it', onLoopback(async (net) => {
  const { fetch } = await site(net);
  const module = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  const server = await net.serve({ onRequest: (request) => request.reply(module, { fields: ['Content-Type: application/wasm'] }) });
  const { compileStreaming } = (globalThis as unknown as { WebAssembly: { compileStreaming(response: Promise<Response>): Promise<object> } }).WebAssembly;
  assert.equal(Object.prototype.toString.call(await compileStreaming(fetch(server.origin))), '[object WebAssembly.Module]');
}));

describe('a clone', () => {
  const read = async (net: Loopback): Promise<Response> => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply('{"name":"value"}', { fields: ['Content-Type: application/json'], framing: 'chunked' }) });
    return fetch(server.origin);
  };

  for (const [what, inTurn] of [
    ['at once', async (one: Response, two: Response) => Promise.all([one.json(), two.text()])],
    ['the first one first', async (one: Response, two: Response) => [await one.json(), await two.text()]],
    ['the clone first', async (one: Response, two: Response) => {
      const text = await two.text();
      return [await one.json(), text];
    }],
  ] as const) {
    test(`is read on its own, ${what}`, onLoopback(async (net) => {
      const response = await read(net);
      assert.deepEqual(await inTurn(response, response.clone()), [{ name: 'value' }, '{"name":"value"}']);
    }));
  }

  test('of a clone is one as well, and each has headers of its own', onLoopback(async (net) => {
    const response = await read(net);
    const copies = [response, response.clone(), response.clone()];
    copies.push(copies[1].clone());
    assert.equal(new Set(copies.map(({ headers }) => headers)).size, 4);
    assert.deepEqual(await Promise.all(copies.map((copy) => copy.text())), Array.from({ length: 4 }, () => '{"name":"value"}'));
  }));

  test('of a response without a body has none either', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(origin, { method: 'HEAD' });
    const copy = response.clone();
    assert.deepEqual([response.body, copy.body, await copy.text(), response.bodyUsed, copy.bodyUsed], [null, null, '', false, false]);
  }));

  test('and the response reject with the reason of an abort that came after, which leaves both unused', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const cancel = new AbortController();
    const response = await fetch(origin, { signal: cancel.signal });
    const copy = response.clone();
    assert.deepEqual([response.bodyUsed, copy.bodyUsed], [false, false]);
    cancel.abort();
    assert.deepEqual([response.bodyUsed, copy.bodyUsed], [false, false]);
    for (const each of [response, copy]) await assert.rejects(each.text(), { name: 'AbortError', code: DOMException.ABORT_ERR });
  }));

  test('that nobody reads is collected, though the response was', onLoopback(async (net) => {
    const references: WeakRef<object>[] = [];
    await (async () => {
      const response = await read(net);
      const copy = response.clone();
      references.push(new WeakRef(copy), new WeakRef(copy.body!));
      await Promise.all([response.text(), copy.text()]);
    })();
    for (let i = 0; i < 50 && references.some((reference) => reference.deref() !== undefined); i++) {
      await new Promise(setImmediate);
      globalThis.gc!();
    }
    assert.deepEqual(references.map((reference) => reference.deref()), [undefined, undefined]);
  }));
});

describe('reading', () => {
  for (const [what, path, status] of [['no status text', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', [200, '']], ['no status text and no space', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', [200, '']], ['a status that nobody knows', 'HTTP/1.1 299 Odd One\r\nContent-Length: 0\r\n\r\n', [299, 'Odd One']]] as const) {
    test(`a head with ${what}`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(path) });
      const response = await fetch(server.origin);
      assert.deepEqual([response.status, response.statusText, response.ok, await response.text()], [...status, true, '']);
    }));
  }

  test('what has no content as JSON is a SyntaxError, and as text is empty', onLoopback(async (net) => {
    const { fetch } = await site(net);
    for (const coding of ['', 'Content-Encoding: gzip\r\n', 'Content-Encoding: br\r\n']) {
      for (const status of ['204 No Content', '304 Not Modified']) {
        const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 ${status}\r\n${coding}\r\n`) });
        const response = await fetch(server.origin);
        assert.equal(response.headers.has('content-encoding'), coding !== '');
        assert.equal(await response.clone().text(), '');
        await assert.rejects(response.json(), { name: 'SyntaxError', message: 'Unexpected end of JSON input' });
      }
    }
  }));

  test('an empty body of each coding is empty, also by a reader', onLoopback(async (net) => {
    const { fetch } = await site(net);
    for (const coding of ['x-gzip', 'gzip', 'deflate', 'br']) {
      const server = await net.serve({ onRequest: (request) => request.reply('', { fields: [`Content-Encoding: ${coding}`, 'Connection: close'] }) });
      assert.equal((await (await fetch(server.origin)).body!.getReader().read()).done, true);
      assert.equal(await (await fetch(server.origin)).text(), '');
    }
  }));

  test('a body that is damaged: nothing fails unheard while nobody reads it, and a later read rejects', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply('fake gzip string', { fields: ['Content-Encoding: gzip'] }) });
    const response = await fetch(server.origin);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    await assert.rejects(response.text(), { name: 'TypeError', message: 'terminated' });
  }));

  test('a body that was answered with 421 is given out, for each kind of body that was sent', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply('not mine', { status: '421 Misdirected Request' }) });
    for (const body of ['hello', Buffer.from('helloworld'), null]) {
      const response = await fetch(server.origin, { method: 'POST', body });
      assert.deepEqual([response.status, await response.text()], [421, 'not mine']);
    }
  }));

  test('a blob that was fetched and sent again keeps its type and its length', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply('world', { fields: ['Content-Type: text/plain'] }) });
    const blob = await (await fetch(server.origin)).blob();
    const { body, fields } = (await (await fetch(origin, { method: 'POST', body: blob })).json()) as { body: string; fields: [string, string][] };
    const sent = new Map(fields.map(([name, value]) => [name.toLowerCase(), value]));
    assert.deepEqual([body, sent.get('content-type'), sent.get('content-length')], ['world', 'text/plain', '5']);
  }));

  for (const type of ['_application/x-www-form-urlencoded', 'application/x-www-form-urlencoded_', '_multipart/form-data', 'multipart/form-data_', 'text/plain', '']) {
    test(`a form of the type ${JSON.stringify(type)} is a TypeError`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: (request) => request.reply('x=y', { fields: type === '' ? [] : [`Content-Type: ${type}`] }) });
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the standard has it
      await assert.rejects((await fetch(server.origin)).formData(), TypeError);
    }));
  }
});
