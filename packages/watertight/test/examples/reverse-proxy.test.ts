/** The cases of Go's reverseproxy_test.go, and the others that a proxy must get right, on examples/reverse-proxy. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Transport, type Response } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { reply, type RawRequest, type RawServer } from '../fixtures/raw-server.js';

interface ProxyOptions {
  keepHost?: boolean;
  modifyResponse?: (response: Response, fields: string[]) => void;
  onError?: (error: Error) => void;
}

const example = join(fileURLToPath(new URL('../../../../', import.meta.url)), 'examples/reverse-proxy/reverse-proxy.mjs');
const { reverseProxy } = (await import(pathToFileURL(example).href)) as { reverseProxy: (target: string, options?: ProxyOptions & { transport?: Transport }) => Server };

interface Scene {
  readonly backend: RawServer;
  readonly transport: Transport;
  readonly port: number;
  readonly errors: Error[];
}

/** A backend, and the proxy before it. Afterwards nothing of either is left. */
function behindProxy(onRequest: (request: RawRequest) => unknown, use: (scene: Scene) => Promise<void>, options: ProxyOptions & { path?: string; target?: string } = {}): () => Promise<void> {
  return () => onLoopback(async (net: Loopback) => {
    const backend = await net.serve({ onRequest });
    const transport = net.adopt(new Transport({ disableCompression: true }));
    const errors: Error[] = [];
    const proxy = reverseProxy(options.target ?? backend.origin + (options.path ?? ''), { transport, onError: (error) => errors.push(error), ...options });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    try {
      await use({ backend, transport, port: (proxy.address() as AddressInfo).port, errors });
      // What is left is idle.
      while (transport.stats().active > 0) await turn();
      transport.closeIdleConnections();
      await turn();
      assert.equal(taskCount(), 1);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  })(undefined as never);
}

/** What a client sends, and all that comes back until the proxy ends the connection. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes, 'latin1');
  let text = '';
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1');
  return text;
}

const get = (path = '/', ...fields: string[]): string => [`GET ${path} HTTP/1.1`, 'Host: shop.example', 'Connection: close', ...fields, '', ''].join('\r\n');

/** The fields of a head, as `name: value`, sorted; without those that node:http adds for its own connection. */
function fieldsOf(text: string): string[] {
  return text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').slice(1).filter((line) => !/^(?:date|connection|keep-alive):/i.test(line)).sort();
}

/** A client that is still there; `text()` is what it has got. */
function caller(port: number, bytes: string): { socket: Socket; text: () => string; until: (pattern: RegExp) => Promise<void> } {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(bytes, 'latin1');
  return {
    socket,
    text: () => text,
    until: async (pattern) => {
      while (!pattern.test(text) && !socket.destroyed) await turn();
      assert.match(text, pattern);
    },
  };
}

describe('a request', () => {
  test('reaches the backend with its method, path, Host and fields, and without those of its connection', behindProxy((request) => request.reply('ok'), async ({ backend, port }) => {
    const text = await exchange(port, [
      'OPTIONS /a/b?c=d&e=%20 HTTP/1.1', 'Host: shop.example', 'Connection: close, X-Mine', 'Connection: ', 'Connection: x-other', 'X-Mine: 1', 'X-Other: 1', 'Keep-Alive: 5', 'Proxy-Connection: x', 'Proxy-Authorization: Basic eA==',
      'Upgrade: foo', 'TE: foo', 'TE: bar, trailers', 'User-Agent: me', 'Cookie: a=b', 'X-Twice: 1', 'X-Twice: 2', '', '',
    ].join('\r\n'));
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
    const [request] = backend.requests;
    assert.equal(request.lines[0], 'OPTIONS /a/b?c=d&e=%20 HTTP/1.1');
    assert.deepEqual(fieldsOf(`${request.head}\r\n\r\n`), ['Cookie: a=b', 'Host: shop.example', 'TE: trailers', 'User-Agent: me', 'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: shop.example', 'X-Forwarded-Proto: http', 'X-Twice: 1', 'X-Twice: 2']);
  }));

  test('without a User-Agent or an Accept-Encoding gets none from the proxy', behindProxy((request) => request.reply('ok'), async ({ backend, port }) => {
    await exchange(port, get());
    assert.deepEqual(backend.requests[0].lines.map((line) => line.split(':')[0]), ['GET / HTTP/1.1', 'Host', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto']);
  }));

  test('that other proxies have forwarded keeps what they say of its origin', behindProxy((request) => request.reply('ok'), async ({ backend, port }) => {
    await exchange(port, get('/', 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2', 'X-Forwarded-Proto: https'));
    const [request] = backend.requests;
    assert.deepEqual([request.all('x-forwarded-for'), request.all('x-forwarded-proto')], [['192.0.2.1, 192.0.2.2, 127.0.0.1'], ['http']]);
  }));

  test('has the backend\'s Host where the proxy is told so', behindProxy((request) => request.reply('ok'), async ({ backend, port }) => {
    await exchange(port, get());
    assert.deepEqual([backend.requests[0].header('host'), backend.requests[0].header('x-forwarded-host')], [`127.0.0.1:${backend.port}`, 'shop.example']);
  }, { keepHost: false }));

  for (const [path, asked, wanted] of [
    ['', '/', '/'], ['/', '/', '/'], ['', '/a', '/a'], ['/base', '/', '/base/'], ['/base', '/a', '/base/a'], ['/base/', '/a', '/base/a'], ['/base/', '//a', '/base//a'],
    ['/base', '/../secret', '/base/secret'], ['/base', '/a%2fb', '/base/a%2fb'], ['/base', 'http://elsewhere/a', '/base/a'],
    ['?x=1', '/?y=2', '/?x=1&y=2'], ['?x=1', '/', '/?x=1'], ['', '/?y=2;z', '/?y=2;z'],
  ] as const) {
    test(`for ${asked} goes to ${wanted} of a backend at ${path === '' ? 'its root' : path}`, behindProxy((request) => request.reply('ok'), async ({ backend, port }) => {
      await exchange(port, get(asked));
      assert.equal(backend.requests[0].target, wanted);
    }, { path }));
  }

  for (const [what, head, body, wire] of [
    ['of a length', 'Content-Length: 5', 'hello', 'Content-Length: 5'],
    ['in chunks', 'Transfer-Encoding: chunked', '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'],
  ] as const) {
    test(`with a body ${what} is sent on as it is`, behindProxy(async (request) => request.reply(String(await request.body)), async ({ backend, port }) => {
      assert.match(await exchange(port, `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${head}\r\n\r\n${body}`), /\r\n\r\nhello$/);
      assert.ok(backend.requests[0].lines.includes(wire), backend.requests[0].head);
    }));
  }

  test('with trailers is sent on with them', behindProxy(async (request) => {
    await request.body;
    request.reply('ok');
  }, async ({ backend, port }) => {
    await exchange(port, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTrailer: X-Sum, X-Never\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n');
    assert.equal(backend.requests[0].header('trailer'), 'X-Sum, X-Never');
    assert.match(backend.connections[0].text, /0\r\nX-Sum: 1\r\n\r\n$/);
  }));

  test('that the library refuses is a 400, and nothing is sent', behindProxy((request) => request.reply('ok'), async ({ backend, port, errors }) => {
    assert.match(await exchange(port, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTrailer: Host\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.equal(backend.requests.length, 0);
    assert.equal(errors.length, 1);
  }));

  test('that expects 100 (Continue) sends its body when the backend says so', behindProxy(async (request) => {
    await turn();
    request.connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    request.reply(String(await request.body));
  }, async ({ port }) => {
    const client = caller(port, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.socket.write('hello');
    await client.until(/\r\n\r\nhello$/);
    client.socket.destroy();
  }));

  test('whose expectation the backend refuses is never asked for its body', behindProxy((request) => request.reply('no', { status: '417 Expectation Failed' }), async ({ port }) => {
    const client = caller(port, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    await client.until(/^HTTP\/1\.1 417 [^]*no$/);
    assert.doesNotMatch(client.text(), /100 Continue/);
    client.socket.destroy();
  }));
});

describe('a response', () => {
  test('reaches the client with its status and fields, and without those of its connection', behindProxy((request) => request.reply('gone', {
    status: '404 Never Here',
    fields: ['X-Foo: bar', 'Trailers: no special name', 'Connection: X-Hop, upgrade', 'X-Hop: 1', 'Upgrade: foo', 'Keep-Alive: 5', 'Proxy-Authenticate: Basic', 'X-Twice: 1', 'X-Twice: 2', 'Set-Cookie: a=b', 'Set-Cookie: c=d', 'X-Latin: \xe4'],
  }), async ({ port }) => {
    const text = await exchange(port, get());
    assert.match(text, /^HTTP\/1\.1 404 Never Here\r\n/);
    assert.deepEqual(fieldsOf(text), ['Content-Length: 4', 'Set-Cookie: a=b', 'Set-Cookie: c=d', 'Trailers: no special name', 'X-Foo: bar', 'X-Latin: \xe4', 'X-Twice: 1', 'X-Twice: 2']);
  }));

  for (const announced of ['Trailer: X-Sum\r\n', '']) {
    test(`with trailers, ${announced === '' ? 'un' : ''}announced, is sent on with them`, behindProxy((request) => {
      request.connection.write(`HTTP/1.1 200 OK\r\n${announced}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n`);
    }, async ({ port }) => {
      const text = await exchange(port, get());
      assert.match(text, /0\r\nX-Sum: 1\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n$/);
      assert.equal(/\r\nTrailer: X-Sum\r\n/.test(text), announced !== '');
    }));
  }

  test('is never decompressed', behindProxy((request) => request.reply(gzipSync('hello'), { fields: ['Content-Encoding: gzip'] }), async ({ port }) => {
    const text = await exchange(port, get('/', 'Accept-Encoding: gzip'));
    assert.match(text, /\r\nContent-Encoding: gzip\r\n/);
    assert.deepEqual(Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1'), gzipSync('hello'));
  }));

  for (const [what, method, raw] of [
    ['to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n'],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n'],
    ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 5000\r\n\r\n'],
  ] as const) {
    test(`${what} has no body, and the fields that it came with`, behindProxy((request) => void request.connection.write(raw), async ({ port }) => {
      const text = await exchange(port, get().replace('GET', method));
      assert.equal(text.split('\r\n\r\n')[1], '');
      assert.deepEqual(fieldsOf(text), fieldsOf(raw));
    }));
  }

  test('comes as it is sent: its head before the first byte, each piece before the next', behindProxy((request) => void request.connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'), async ({ backend, port }) => {
    const client = caller(port, get());
    await client.until(/text\/event-stream[^]*\r\n\r\n$/);
    for (const event of ['data: 1', 'data: 2']) {
      backend.connections[0].write(`7\r\n${event}\r\n`);
      await client.until(new RegExp(`${event}\r\n$`));
    }
    backend.connections[0].write('0\r\n\r\n');
    await client.until(/\r\n0\r\n\r\n$/);
  }));

  test('of another 1xx status comes before, and not for HTTP/1.0', behindProxy((request) => {
    request.connection.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n');
    request.connection.write(reply('ok'));
  }, async ({ port }) => {
    assert.match(await exchange(port, get()), /^HTTP\/1\.1 103 \r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 102 \r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
    assert.match(await exchange(port, 'GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
  }));

  test('in chunks with trailers is one without both for HTTP/1.0', behindProxy((request) => {
    request.connection.write('HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n');
  }, async ({ port }) => {
    const text = await exchange(port, 'GET / HTTP/1.0\r\n\r\n');
    assert.match(text, /\r\n\r\nok$/);
    assert.deepEqual(fieldsOf(text), []);
  }));

  test('can be changed on its way', behindProxy((request) => request.reply('ok', { fields: ['X-Old: 1'] }), async ({ port }) => {
    assert.deepEqual(fieldsOf(await exchange(port, get())), ['Content-Length: 2', 'X-New: 200', 'X-Old: 1']);
  }, { modifyResponse: ({ status }, fields) => void fields.push('X-New', String(status)) }));

  test('that is refused by who may change it is a 502, and its body is closed', behindProxy((request) => request.reply('x'.repeat(100_000)), async ({ backend, port, errors }) => {
    assert.match(await exchange(port, get()), /^HTTP\/1\.1 502 /);
    assert.deepEqual(errors.map(({ message }) => message), ['not this one']);
    assert.equal(await backend.settlesAt(0), 0);
  }, { modifyResponse: () => {
    throw new Error('not this one');
  } }));

  test('that comes before the body was sent is delivered, and the client\'s connection serves its next request', behindProxy((request) => request.reply(request.method === 'POST' ? 'too large' : 'ok', { status: request.method === 'POST' ? '413 Content Too Large' : '200 OK' }), async ({ port }) => {
    const client = caller(port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n${'x'.repeat(5_000_000)}${get()}`);
    await client.until(/^HTTP\/1\.1 413 [^]*too largeHTTP\/1\.1 200 OK[^]*\r\n\r\nok$/);
    client.socket.destroy();
  }));
});

/** MiB that the backend has got rid of. */
let sent = 0;

describe('a backend', () => {
  test('that can\'t be reached is a 502, and the reason is the proxy\'s to log', async () => {
    const port = await closedPort();
    await behindProxy(() => undefined, async (scene) => {
      assert.match(await exchange(scene.port, get()), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
      assert.equal((scene.errors[0] as Error & { code?: string }).code, 'ERR_DIAL');
    }, { target: `http://127.0.0.1:${port}` })();
  });

  test('that hangs up is a 502', behindProxy((request) => request.connection.finish(), async ({ port, errors }) => {
    assert.match(await exchange(port, get()), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
    assert.equal((errors[0] as Error & { code?: string }).code, 'ERR_CONNECTION_CLOSED');
  }));

  for (const [what, head] of [['of a length', 'Content-Length: 10'], ['in chunks', 'Transfer-Encoding: chunked']] as const) {
    test(`that breaks off a body ${what} breaks it off for the client`, behindProxy((request) => {
      request.connection.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${what === 'in chunks' ? '3\r\nabc\r\n' : 'abc'}`);
      setImmediate(() => request.connection.reset());
    }, async ({ port, errors }) => {
      const text = await exchange(port, get());
      assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
      assert.equal(errors.length, 1);
    }));
  }

  test('sends no faster than the client reads', behindProxy(async (request) => {
    request.connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n');
    const piece = Buffer.alloc(1 << 20);
    while (sent < 100 && await request.connection.send(piece)) sent++;
  }, async ({ backend, port }) => {
    const client = connect(port, '127.0.0.1');
    client.write(get());
    await once(client, 'readable');
    // Until the backend is stopped by a full connection.
    for (let before = -1; before !== sent; await new Promise((resolve) => setTimeout(resolve, 100))) before = sent;
    assert.ok(sent < 60, `${sent} MiB were sent to a client that reads nothing`);
    client.destroy();
    assert.equal(await backend.settlesAt(0), 0);
  }));
});

describe('a client that leaves', () => {
  for (const [what, bytes, answer] of [
    ['while the backend thinks', get(), ''],
    ['while it gets the response', get(), 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello'],
    ['while it sends its body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello', ''],
    ['while it sends its body in chunks', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', ''],
    ['while both are under way', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello'],
  ] as const) {
    test(`${what} ends the request to the backend`, behindProxy((request) => void request.connection.write(answer), async ({ backend, port }) => {
      const client = caller(port, bytes);
      while (backend.requests.length === 0) await turn();
      if (answer !== '') await client.until(/hello$/);
      client.socket.resetAndDestroy();
      await backend.connections[0].left;
    }));
  }
});

const upgrade = (...fields: string[]): string => ['GET /chat HTTP/1.1', 'Host: shop.example', 'Connection: keep-alive, Upgrade', 'Upgrade: websocket', ...fields, '', ''].join('\r\n');
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\nX-Head: 1\r\n\r\n';

describe('an upgrade', () => {
  test('makes one connection of two, and what comes early on either side is not lost', behindProxy((request) => {
    request.connection.write(`${SWITCH}welcome\n`);
    request.connection.socket.on('data', (bytes: Buffer) => request.connection.write(`echo ${bytes.toString()}`));
  }, async ({ backend, port }) => {
    const client = caller(port, `${upgrade()}early\n`);
    await client.until(/^HTTP\/1\.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\nX-Head: 1\r\nX-New: 1\r\n\r\nwelcome\necho early\n$/);
    assert.deepEqual([backend.requests[0].all('connection'), backend.requests[0].all('upgrade')], [['Upgrade'], ['websocket']]);
    client.socket.write('more\n');
    await client.until(/echo more\n$/);
    // The end goes through as well, and the other side can still speak.
    client.socket.end();
    await backend.connections[0].left;
    await once(client.socket, 'close');
  }, { modifyResponse: (_response, fields) => void fields.push('X-New', '1') }));

  test('is ended by the backend', behindProxy((request) => {
    request.connection.write(SWITCH);
    request.connection.socket.end('bye');
  }, async ({ port }) => {
    const client = caller(port, upgrade());
    await client.until(/\r\n\r\nbye$/);
    if (!client.socket.readableEnded) await once(client.socket, 'end');
    client.socket.destroy();
  }));

  for (const side of ['client', 'backend'] as const) {
    test(`is broken for the other side by the ${side}`, behindProxy((request) => void request.connection.write(SWITCH), async ({ backend, port }) => {
      const client = caller(port, upgrade());
      await client.until(/\r\n\r\n$/);
      if (side === 'client') client.socket.resetAndDestroy();
      else backend.connections[0].reset();
      await backend.connections[0].left;
      if (!client.socket.closed) {
        client.socket.end();
        await once(client.socket, 'close');
      }
    }));
  }

  test('that the backend refuses is a response as any other', behindProxy((request) => request.reply('not here', { status: '426 Upgrade Required' }), async ({ port }) => {
    const text = await exchange(port, upgrade());
    assert.match(text, /^HTTP\/1\.1 426 Upgrade Required\r\n[^]*\r\n\r\nnot here$/);
  }));

  test('to another protocol than the client asked for is a 502', behindProxy((request) => void request.connection.write(SWITCH.replace('WebSocket', 'h2c')), async ({ port, errors }) => {
    assert.match(await exchange(port, upgrade()), /^HTTP\/1\.1 502 /);
    assert.equal(errors.length, 1);
  }));

  test('is given up by a client that leaves before the answer', behindProxy(() => undefined, async ({ backend, port }) => {
    const client = caller(port, upgrade());
    while (backend.requests.length === 0) await turn();
    client.socket.destroy();
    await backend.connections[0].left;
  }));
});

test('hundreds of requests on eight connections leave nothing but idle connections', behindProxy((request) => request.reply('ok'), async ({ port, transport }) => {
  await Promise.all(Array.from({ length: 8 }, async () => {
    const client = caller(port, '');
    for (let i = 0; i < 40; i++) {
      const before = client.text().length;
      client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      while (client.text().length === before || !client.text().endsWith('ok')) await turn();
    }
    client.socket.destroy();
  }));
  assert.ok(transport.stats().opened <= 8);
}));

test('under load with slow clients, ones that leave, large bodies and upgrades, what is alive afterwards is what was before', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(example, '../load.mjs'), '--requests', '90', '--clients', '30'], { timeout: 60_000 });
  assert.match(stdout, /\nno leaks\n/);
  // One that is broken off in ten, and no other fails.
  assert.match(stdout, /errors that the proxy saw \{ ERR_CONNECTION_CLOSED: 10 \}/);
});
