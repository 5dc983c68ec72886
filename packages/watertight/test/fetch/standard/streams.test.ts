/**
 * The stream of a response: reading, cancelling, cloning and piping. Fetch standard,
 * "Bodies" (cloning), "Body mixin" (body, disturbed and locked) and "HTTP-network
 * fetch" (the stream of the body).
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { redirect, site } from '../site.js';
import { fetchOf, responseOf, sends, stalls } from './place.js';

const text = (chunk: unknown): string => Buffer.from(chunk as Uint8Array).toString();

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  let all = '';
  const reader = stream.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    assert.equal(Object.getPrototypeOf(step.value), Uint8Array.prototype);
    all += text(step.value);
  }
  return all;
}

describe('the stream', () => {
  for (const [what, answer] of [
    ['with a type', 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody'],
    ['without a type', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n'],
  ] as const) {
    test(`${what} gives Uint8Arrays, and then its end`, onLoopback(async (net) => {
      const server = await sends(net, answer);
      const { body } = await fetchOf(net)(server.origin);
      assert.equal(await readAll(body!), 'body');
    }));
  }

  test('takes the reader\'s memory', onLoopback(async (net) => {
    const reader = (await responseOf(net, 'body')).body!.getReader({ mode: 'byob' });
    let view = new Uint8Array(10);
    let all = '';
    for (;;) {
      const { done, value } = await reader.read(view);
      if (done) break;
      all += text(value);
      view = new Uint8Array(value.buffer);
    }
    assert.equal(all, 'body');
  }));

  test('takes memory with an offset', onLoopback(async (net) => {
    const reader = (await responseOf(net, 'body')).body!.getReader({ mode: 'byob' });
    const { value } = await reader.read(new Uint8Array(new ArrayBuffer(16), 8, 2));
    assert.deepEqual([value!.byteOffset, value!.byteLength, text(value)], [8, 2, 'bo']);
    await reader.cancel();
  }));

  test('is closed at its end for a reader that waits for that', onLoopback(async (net) => {
    const reader = (await responseOf(net, 'body')).body!.getReader();
    while (!(await reader.read()).done);
    assert.equal(await reader.closed, undefined);
  }));

  test('of an empty body ends at once', onLoopback(async (net) => {
    const reader = (await responseOf(net, '')).body!.getReader();
    assert.deepEqual(await reader.read(), { done: true, value: undefined });
  }));

  test('gives what has come before the rest', onLoopback(async (net) => {
    const server = await stalls(net);
    const reader = (await fetchOf(net)(server.origin)).body!.getReader();
    assert.equal(text((await reader.read()).value), 'begin');
    await reader.cancel();
  }));

  test('makes another Response', onLoopback(async (net) => {
    const { body } = await responseOf(net, 'body');
    assert.equal(await new Response(body).text(), 'body');
    assert.throws(() => new Response(body), TypeError);
  }));

  test('is iterated, and left by break with its connection closed', onLoopback(async (net) => {
    const server = await stalls(net);
    const response = await fetchOf(net)(server.origin);
    for await (const chunk of response.body!) {
      assert.equal(text(chunk), 'begin');
      break;
    }
    assert.deepEqual([response.bodyUsed, response.body!.locked], [true, false]);
    assert.equal(await server.settlesAt(0), 0);
  }));
});

describe('cancelling', () => {
  test('before the first read closes the connection', onLoopback(async (net) => {
    const server = await stalls(net);
    const response = await fetchOf(net)(server.origin);
    assert.equal(await response.body!.cancel('why'), undefined);
    assert.equal(await server.settlesAt(0), 0);
    assert.deepEqual(await response.body!.getReader().read(), { done: true, value: undefined });
  }));

  test('by a reader, while a read waits, ends the read', onLoopback(async (net) => {
    const server = await stalls(net, '');
    const reader = (await fetchOf(net)(server.origin)).body!.getReader();
    const pending = reader.read();
    assert.equal(await reader.cancel(), undefined);
    assert.deepEqual(await pending, { done: true, value: undefined });
    assert.equal(await reader.closed, undefined);
    assert.equal(await server.settlesAt(0), 0);
  }));

  test('after the end does nothing', onLoopback(async (net) => {
    const reader = (await responseOf(net, 'body')).body!.getReader();
    while (!(await reader.read()).done);
    assert.equal(await reader.cancel(), undefined);
  }));

  test('a locked stream is a TypeError', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    const reader = response.body!.getReader();
    await assert.rejects(response.body!.cancel(), TypeError);
    await reader.cancel();
  }));

  test('leaves the stream where it was', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    const { body } = response;
    await body!.cancel();
    assert.equal(response.body, body);
    assert.equal(response.bodyUsed, true);
  }));
});

describe('a pipe', () => {
  test('disturbs the response at once', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    let all = '';
    const piped = response.body!.pipeTo(new WritableStream({ write: (chunk) => {
      all += text(chunk);
    } }));
    assert.equal(response.bodyUsed, true);
    await piped;
    assert.equal(all, 'body');
  }));

  test('through a transform does so too', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    const out = response.body!.pipeThrough(new TransformStream<Uint8Array, Uint8Array>());
    assert.equal(response.bodyUsed, true);
    assert.equal(await readAll(out), 'body');
  }));

  test('whose end fails cancels the body', onLoopback(async (net) => {
    const server = await stalls(net);
    const response = await fetchOf(net)(server.origin);
    const failure = new Error('full');
    await assert.rejects(response.body!.pipeTo(new WritableStream({ write: () => Promise.reject(failure) })), (error) => error === failure);
    assert.equal(await server.settlesAt(0), 0);
  }));
});

describe('a clone', () => {
  test('has the same head, and headers of its own that can\'t be changed either', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(redirect(origin, 302, '/there'));
    const copy = response.clone();
    for (const name of ['type', 'url', 'redirected', 'status', 'ok', 'statusText'] as const) assert.equal(copy[name], response[name], name);
    assert.notEqual(copy.headers, response.headers);
    assert.deepEqual([...copy.headers], [...response.headers]);
    assert.throws(() => copy.headers.set('a', 'b'), TypeError);
    assert.ok(copy instanceof Response);
    await Promise.all([response.text(), copy.text()]);
  }));

  for (const [what, order] of [['the first read first', [0, 1]], ['the second read first', [1, 0]]] as const) {
    test(`has the same bytes, ${what}`, onLoopback(async (net) => {
      const response = await responseOf(net, 'body');
      const both = [response, response.clone()];
      for (const i of order) assert.equal(await both[i].text(), 'body');
      assert.deepEqual(both.map(({ bodyUsed }) => bodyUsed), [true, true]);
    }));
  }

  test('of a clone has them too', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    const one = response.clone();
    const two = one.clone();
    assert.deepEqual(await Promise.all([two.text(), one.text(), response.text()]), ['body', 'body', 'body']);
  }));

  test('shares no memory: what one changes the other does not see', onLoopback(async (net) => {
    const response = await responseOf(net, 'body');
    const copy = response.clone();
    const { value } = await response.body!.getReader().read();
    value!.fill(0);
    assert.equal(await copy.text(), 'body');
  }));

  test('goes on when the other is cancelled', onLoopback(async (net) => {
    for (const first of [0, 1]) {
      const response = await responseOf(net, 'body');
      const both = [response, response.clone()];
      void both[first].body!.cancel();
      assert.equal(await both[1 - first].text(), 'body');
    }
  }));

  test('and the response cancelled close the connection', onLoopback(async (net) => {
    const server = await stalls(net);
    const response = await fetchOf(net)(server.origin);
    const copy = response.clone();
    await Promise.all([response.body!.cancel(), copy.body!.cancel()]);
    assert.equal(await server.settlesAt(0), 0);
  }));

  test('of a response without a body has none', onLoopback(async (net) => {
    const server = await sends(net, 'HTTP/1.1 204 None\r\n\r\n');
    const response = await fetchOf(net)(server.origin);
    assert.deepEqual([response.clone().body, response.clone().status], [null, 204]);
  }));

  test('of a body that fails fails too', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin');
      connection.finish();
    } });
    const response = await fetchOf(net)(server.origin);
    const copy = response.clone();
    await Promise.all([assert.rejects(response.text(), TypeError), assert.rejects(copy.text(), TypeError)]);
  }));

  for (const [what, use] of [
    ['was read', (response: Response) => response.text()],
    ['is locked', async (response: Response) => response.body!.getReader().closed.catch(() => undefined)],
    ['was cancelled', (response: Response) => response.body!.cancel()],
  ] as const) {
    test(`of one that ${what} is a TypeError`, onLoopback(async (net) => {
      const response = await responseOf(net, 'body');
      const using = use(response);
      if (what !== 'is locked') await using;
      assert.throws(() => response.clone(), TypeError);
    }));
  }
});

describe('what stands in Object.prototype does not matter:', () => {
  for (const name of ['start', 'type', 'size', 'pull', 'cancel', 'autoAllocateChunkSize']) {
    for (const [what, descriptor] of [
      ['a getter that throws', { get: (): never => {
        throw new Error(`${name} was asked for`);
      } }],
      ['a value of another type', { value: 'invalid' }],
    ] as const) {
      test(`${name}, ${what}`, onLoopback(async (net) => {
        const server = await sends(net, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody');
        const response = await fetchOf(net)(server.origin);
        Object.defineProperty(Object.prototype, name, { ...descriptor, configurable: true });
        try {
          assert.ok(response.body instanceof ReadableStream);
        } finally {
          Reflect.deleteProperty(Object.prototype, name);
        }
        assert.equal(await response.text(), 'body');
      }));
    }
  }
});
