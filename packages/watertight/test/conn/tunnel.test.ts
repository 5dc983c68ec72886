/** Connections that leave HTTP: after 101 (Switching Protocols) and after a CONNECT they are the program's, whole, and nothing of them is left. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import tls from 'node:tls';
import { get, type Response } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { taskCount, tasks } from 'watertight/tasks';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest, RawServerOptions } from '../fixtures/raw-server.js';

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
const OPEN = 'HTTP/1.1 200 Connection established\r\n\r\n';
const headers = { Connection: 'Upgrade', Upgrade: 'echo' };

/** Leaves HTTP and sends back what comes, however the test asks for it. */
function echoing(head: string): RawServerOptions {
  return {
    parse: false,
    onConnection: ({ socket }) => {
      let seen = '';
      socket.on('data', (bytes: Buffer) => {
        if (seen === 'open') {
          socket.write(bytes);
          return;
        }
        seen += bytes.toString('latin1');
        if (!seen.endsWith('\r\n\r\n')) return;
        seen = 'open';
        socket.write(head, 'latin1');
      });
    },
  };
}

const answering = (head: string): RawServerOptions => ({ onRequest: ({ connection }: RawRequest) => connection.write(head) });

async function readText(stream: AsyncIterable<Buffer>, length: number): Promise<string> {
  let text = '';
  for await (const bytes of (stream as unknown as { iterator(options: object): AsyncIterable<Buffer> }).iterator({ destroyOnReturn: false })) {
    text += bytes.toString('latin1');
    if (text.length >= length) break;
  }
  return text;
}

const KINDS: [kind: 'an upgrade' | 'a tunnel', head: string, init: { method?: string; headers?: Record<string, string> }, tasksLeft: number][] = [
  ['an upgrade', SWITCH, { headers }, 1],
  ['a tunnel', OPEN, { method: 'CONNECT' }, 3],
];

for (const [kind, head, init, tasksLeft] of KINDS) {
  describe(kind, () => {
    test('is a stream both ways, and the count of tasks is Go\'s', onLoopback(async (net) => {
      const server = await net.serve(echoing(head));
      const { client, transport } = net.client();
      const response = await client.request(server.origin, init);
      assert.equal(taskCount(), tasksLeft);
      assert.equal(transport.stats().idle, 0);
      assert.equal(response.contentLength, -1);
      const socket = response.socket!;
      assert.equal(response.socket, socket);
      socket.write('hello ');
      socket.write('there');
      assert.equal(await readText(socket, 11), 'hello there');
      assert.equal(taskCount(), tasksLeft);
      socket.destroy();
      await server.connections[0].left;
      await turn();
      assert.equal(taskCount(), 1);
      assert.equal(response.body.state, 'closed');
    }));

    test('does not lose what comes with its head, whole or byte by byte', onLoopback(async (net) => {
      for (const piece of [1000, 1]) {
        const server = await net.serve({ onRequest: async ({ connection }) => {
          const bytes = `${head}first bytes`;
          for (let at = 0; at < bytes.length; at += piece) await connection.send(bytes.slice(at, at + piece));
        } });
        const { client } = net.client();
        const { socket } = await client.request(server.origin, init);
        assert.equal(await readText(socket!, 11), 'first bytes');
        socket!.destroy();
      }
    }));

    test('carries a megabyte each way at a reader\'s pace', onLoopback(async (net) => {
      const server = await net.serve(echoing(head));
      const { client } = net.client();
      const { socket } = await client.request(server.origin, init);
      const sent = Buffer.alloc(1 << 20, 'abcdefg');
      socket!.write(sent);
      await turn();
      const got = await readText(socket!, sent.length);
      assert.ok(sent.equals(Buffer.from(got, 'latin1')));
      socket!.destroy();
    }));

    test('is ended by either side, and both tell the other', onLoopback(async (net) => {
      const server = await net.serve(answering(head));
      const { client } = net.client();
      const ours = (await client.request(server.origin, init)).socket!;
      ours.end('bye');
      await server.connections[0].left;
      assert.ok(server.connections[0].text.endsWith('bye'));
      ours.resume();
      await once(ours, 'close');

      const theirs = (await client.request(server.origin, init)).socket!;
      server.connections[1].write('farewell');
      server.connections[1].finish();
      assert.equal(await readText(theirs, 100), 'farewell');
      if (!theirs.closed) await once(theirs, 'close');
    }));

    test('what the program wrote before the server ended its side is sent', onLoopback(async (net) => {
      const server = await net.serve(answering(head));
      const { client } = net.client();
      const { socket } = await client.request(server.origin, init);
      const large = Buffer.alloc(4 << 20, 'x');
      socket!.write(large);
      server.connections[0].finish();
      socket!.resume();
      await once(socket!, 'close');
      await server.connections[0].left;
      assert.ok(server.connections[0].bytes.length > large.length);
    }));

    test('that is reset says so to who reads, and to who only writes', onLoopback(async (net) => {
      const server = await net.serve(answering(head));
      const { client } = net.client();
      for (const [i, use] of ['read', 'write'].entries()) {
        const { socket } = await client.request(server.origin, init);
        if (use === 'read') socket!.resume();
        else socket!.write('x');
        const failed = once(socket!, 'error');
        await turn();
        server.connections[i].reset();
        const [error] = (await failed) as [Error & { code: string }];
        assert.equal(error.code, 'ERR_CONNECTION_LOST');
      }
      await turn();
      assert.equal(taskCount(), 1);
    }));

    test('is closed with its response, and fails nowhere', onLoopback(async (net) => {
      const server = await net.serve(echoing(head));
      const { client } = net.client();
      const unused = await client.request(server.origin, init);
      await unused.close();
      await server.connections[0].left;
      const used = await client.request(server.origin, init);
      used.socket!.resume();
      await used.close();
      await once(used.socket!, 'close');
      await server.connections[1].left;
      const gone = await client.request(server.origin, init);
      assert.equal(gone.socket!.destroy().destroyed, true);
      await server.connections[2].left;
    }));

    test('is its body, too', onLoopback(async (net) => {
      const server = await net.serve(answering(`${head}hello`));
      const { client } = net.client();
      const response = await client.request(server.origin, init);
      server.connections[0].finish();
      assert.equal(await response.text(), 'hello');
      await turn();
      assert.equal(taskCount(), 1);
    }));

    test('outlives the signal and the time limits of its request', onLoopback(async (net) => {
      const server = await net.serve(echoing(head));
      const { client } = net.client({ bodyIdleTimeout: 20, responseHeaderTimeout: 2000 });
      const controller = new AbortController();
      const { socket } = await client.request(server.origin, { ...init, signal: controller.signal, timeout: 2000 });
      controller.abort();
      await new Promise((resolve) => {
        setTimeout(resolve, 60);
      });
      socket!.write('still here');
      assert.equal(await readText(socket!, 10), 'still here');
      socket!.destroy();
    }));

    test('that nobody uses is a leak with its line, until it is used', onLoopback(async (net) => {
      const server = await net.serve(answering(head));
      const { client } = net.client({ track: 'all' });
      const response = await client.request(server.origin, init);
      const [leak, ...more] = await findLeaks({ retries: 0 });
      assert.deepEqual(more, []);
      assert.equal(leak.kind, 'body');
      assert.equal(leak.verdict, 'active');
      assert.equal(leak.status, response.status);
      assert.match(leak.site!.file, /tunnel\.test/);
      response.socket!.destroy();
      assert.deepEqual(await findLeaks(), []);
    }));

    test('of which the program has dropped the response is proven, and closed', onLoopback(async (net) => {
      const server = await net.serve(answering(head));
      const { client } = net.client({ track: 'all' });
      await (async () => {
        await client.request(server.origin, init);
      })();
      const leaks = await findLeaks({ severity: 'proven' });
      assert.deepEqual(leaks.map(({ verdict }) => verdict), ['proven']);
      await server.connections[0].left;
    }));

    test('of which the program keeps the socket alone is not collected', onLoopback(async (net) => {
      const server = await net.serve(echoing(head));
      const { client } = net.client();
      const socket = await (async () => (await client.request(server.origin, init)).socket!)();
      await turn();
      for (let i = 0; i < 3; i++) {
        globalThis.gc!();
        await turn();
      }
      socket.write('alive');
      assert.equal(await readText(socket, 5), 'alive');
      socket.destroy();
    }));

    test('leaves room for another connection where its two tasks have ended', onLoopback(async (net) => {
      const server = await net.serve(echoing(head));
      const { client } = net.client({ maxConnsPerHost: 1 });
      const first = await client.request(server.origin, init);
      const second = settle(client.request(server.origin, { ...init, timeout: 100 }));
      const { value, error } = await second;
      if (tasksLeft === 1) value!.socket!.destroy();
      else assert.equal(error!.code, 'ERR_TIMEOUT');
      first.socket!.destroy();
    }));

    test('with bytes of the head in TLS', onLoopback(async (net) => {
      const authority = new CertificateAuthority();
      const server = await net.serve({ ...echoing(`${head}hello`), tls: authority.issue({ names: ['127.0.0.1'] }) });
      const { client } = net.client({ tls: { ca: authority.cert } });
      const { socket } = await client.request(server.origin, init);
      assert.equal(await readText(socket!, 5), 'hello');
      socket!.write(' again');
      assert.equal(await readText(socket!, 6), ' again');
      socket!.destroy();
    }));
  });
}

describe('an upgrade', () => {
  test('is asked for by two fields, which are sent together', onLoopback(async (net) => {
    const server = await net.serve(answering(SWITCH));
    const { client } = net.client({ disableKeepAlives: true });
    const { socket, headers: fields } = await client.get(server.origin, { headers: { ...headers, 'Sec-WebSocket-Version': '13' } });
    assert.equal(fields.get('upgrade'), 'echo');
    assert.deepEqual([server.requests[0].all('connection'), server.requests[0].all('upgrade'), server.requests[0].all('sec-websocket-version')], [['Upgrade'], ['echo'], ['13']]);
    socket!.destroy();
  }));

  for (const [status, body] of [['200 OK', 'no'], ['426 Upgrade Required', 'try later']] as const) {
    test(`that is answered ${status} is a response as any other`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply(body, { status }) });
      const { client, transport } = net.client();
      const response = await client.get(server.origin, { headers });
      assert.equal(response.socket, null);
      assert.equal(await response.text(), body);
      assert.equal(transport.stats().idle, 1);
    }));
  }

  for (const [what, head, init, message] of [
    ['nobody asked for', SWITCH, {}, /asked for no upgrade/],
    ['without a protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', { headers }, /with the protocol ""/],
    ['to another protocol', SWITCH.replace('echo', 'other'), { headers }, /with the protocol "other", the request asked for "echo"/],
    ['before the body was sent', SWITCH, { method: 'POST', headers, body: new ReadableStream() }, /before the request's body was sent/],
  ] as const) {
    test(`${what} is an error, and the connection is closed`, onLoopback(async (net) => {
      const server = await net.serve(answering(head));
      const { client } = net.client();
      await assert.rejects(client.request(server.origin, init), { name: 'ProtocolError', code: 'ERR_UNEXPECTED_UPGRADE', message });
      await server.connections[0].left;
    }));
  }

  test('to a version of a protocol is one to that protocol', onLoopback(async (net) => {
    const server = await net.serve(answering(SWITCH.replace('echo', 'Echo/2')));
    const { client } = net.client();
    const { socket } = await client.get(server.origin, { headers: { ...headers, Upgrade: 'other, echo/1' } });
    socket!.destroy();
  }));

  test('after an ordinary request takes the same connection, and the transport makes another for the next', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => (request.header('upgrade') === undefined ? request.reply('x') : request.connection.write(SWITCH)) });
    const { client, transport } = net.client();
    await (await client.get(server.origin)).text();
    const { socket } = await client.get(server.origin, { headers });
    assert.equal(server.connections.length, 1);
    await (await client.get(server.origin)).text();
    assert.equal(server.connections.length, 2);
    assert.equal(transport.stats().idle, 1);
    socket!.destroy();
  }));

  test('is left alone by transport.close()', onLoopback(async (net) => {
    const server = await net.serve(echoing(SWITCH));
    const { client, transport } = net.client();
    const { socket } = await client.get(server.origin, { headers });
    await transport.close();
    socket!.write('x');
    assert.equal(await readText(socket!, 1), 'x');
    socket!.destroy();
  }));

  test('has the methods and addresses of a socket that libraries ask for, and lacks nothing where there is no socket below', onLoopback(async (net) => {
    const server = await net.serve(echoing(SWITCH));
    const pair = ({ host, port }: { host: string; port: number }): Duplex => {
      const socket = connect(port, host);
      return Duplex.from({ readable: socket, writable: socket });
    };
    for (const dial of [undefined, pair]) {
      const { client } = net.client({ dial });
      const { socket } = await client.get(server.origin, { headers });
      const like = socket as Duplex & Pick<Socket, 'setNoDelay' | 'setKeepAlive' | 'setTimeout' | 'ref' | 'unref' | 'remotePort' | 'remoteAddress' | 'localPort' | 'localAddress'>;
      assert.equal(like.setNoDelay(true).setKeepAlive(true, 1000).unref().ref(), socket);
      assert.equal(like.remotePort, dial === undefined ? server.port : undefined);
      assert.equal(like.remoteAddress, dial === undefined ? '127.0.0.1' : undefined);
      assert.equal(typeof like.localPort, dial === undefined ? 'number' : 'undefined');
      assert.equal(typeof like.localAddress, dial === undefined ? 'string' : 'undefined');
      if (dial === undefined) {
        await new Promise<void>((resolve) => like.setTimeout(1, resolve));
        assert.equal(like.setTimeout(0), socket);
      }
      socket!.write('x');
      assert.equal(await readText(socket!, 1), 'x');
      socket!.destroy();
    }
  }));

  test('is nothing for fetch', onLoopback(async (net) => {
    const server = await net.serve(answering(SWITCH));
    const { createFetch } = await import('watertight');
    const { client } = net.client();
    await assert.rejects(createFetch({ client })(server.origin, { headers }), TypeError);
    assert.equal(server.requests.length, 0);
  }));

  test('with the default client, by its own function', onLoopback(async (net) => {
    const server = await net.serve(echoing(SWITCH));
    await using response: Response = await get(server.origin, { headers });
    assert.equal(response.status, 101);
    assert.equal(response.ok, false);
    assert.equal(tasks().length, 1);
  }));
});

describe('a CONNECT', () => {
  test('names the host of the URL, or that of the header Host, in its request line', onLoopback(async (net) => {
    const server = await net.serve(answering(OPEN));
    const { client } = net.client();
    for (const Host of [undefined, 'example.com:443', '[::1]:8443']) {
      const { socket } = await client.request(server.origin, { method: 'CONNECT', headers: Host === undefined ? {} : { Host } });
      socket!.destroy();
    }
    assert.deepEqual(server.requests.map(({ method, target }) => [method, target]), [['CONNECT', `127.0.0.1:${server.port}`], ['CONNECT', 'example.com:443'], ['CONNECT', '[::1]:8443']]);
    assert.deepEqual(server.requests[1].all('host'), ['example.com:443']);
    assert.equal(server.requests[0].header('accept-encoding'), undefined);
  }));

  test('that is refused is a response as any other', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('who are you?', { status: '407 Proxy Authentication Required' }) });
    const { client, transport } = net.client();
    const response = await client.request(server.origin, { method: 'CONNECT', headers: { Host: 'example.com:443' } });
    assert.equal(response.socket, null);
    assert.equal(await response.text(), 'who are you?');
    assert.equal(transport.stats().idle, 1);
  }));

  test('that is redirected is not followed', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: ['Location: /elsewhere'] }) });
    const { client } = net.client();
    assert.equal((await client.request(server.origin, { method: 'CONNECT' })).status, 302);
    assert.equal(server.requests.length, 1);
  }));

  test('a length or a coding in its answer has no meaning', onLoopback(async (net) => {
    const server = await net.serve(echoing('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n'));
    const { client } = net.client();
    const { socket } = await client.request(server.origin, { method: 'CONNECT' });
    socket!.write('x');
    assert.equal(await readText(socket!, 1), 'x');
    socket!.destroy();
  }));

  test('carries TLS to a server behind the proxy', onLoopback(async (net) => {
    const authority = new CertificateAuthority();
    const { cert, key } = authority.issue({ names: ['localhost'] });
    const secure = tls.createServer({ cert, key }, (socket) => void socket.end('secret')).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const proxy = createServer().listen(0, '127.0.0.1');
    proxy.on('connect', (_request, near) => {
      near.write(OPEN);
      void import('node:net').then(({ connect }) => {
        const far = connect((secure.address() as AddressInfo).port, '127.0.0.1');
        far.on('error', () => near.destroy());
        near.on('error', () => far.destroy());
        far.pipe(near).pipe(far);
      });
    });
    await once(proxy, 'listening');
    const { client } = net.client();
    const { socket } = await client.request(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, { method: 'CONNECT', headers: { Host: 'localhost:443' } });
    const inner = tls.connect({ socket: socket!, servername: 'localhost', ca: authority.cert });
    assert.equal(await readText(inner, 6), 'secret');
    inner.destroy();
    socket!.destroy();
    secure.close();
    proxy.close();
    await once(secure, 'close');
  }));
});

describe('refused before anything is sent:', () => {
  for (const [what, init, code, message] of [
    ['Upgrade without Connection: upgrade', { headers: { Upgrade: 'echo' } }, 'ERR_INVALID_HEADER', /Upgrade says "echo", and the header Connection does not say upgrade/],
    ['Connection: upgrade without Upgrade', { headers: { Connection: 'upgrade' } }, 'ERR_INVALID_HEADER', /there is no header Upgrade/],
    ['an Upgrade that names no protocol', { headers: { Connection: 'upgrade', Upgrade: 'a b' } }, 'ERR_INVALID_HEADER', /not "a b"/],
    ['a CONNECT with a body', { method: 'CONNECT', body: 'x' }, 'ERR_INVALID_BODY', /a CONNECT has no body/],
    ['a CONNECT with an Upgrade', { method: 'CONNECT', headers }, 'ERR_INVALID_HEADER', /"echo"/],
    ['a CONNECT to a host without a port', { method: 'CONNECT', headers: { Host: 'example.com' } }, 'ERR_INVALID_HEADER', /host:port .* not "example\.com"/],
    ['a CONNECT to port 0', { method: 'CONNECT', headers: { Host: 'example.com:0' } }, 'ERR_INVALID_HEADER', /1 to 65535/],
    ['a CONNECT to port 65536', { method: 'CONNECT', headers: { Host: 'example.com:65536' } }, 'ERR_INVALID_HEADER', /1 to 65535/],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve(answering(SWITCH));
      const { client } = net.client();
      await assert.rejects(client.request(server.origin, init), { name: 'RequestError', code, message });
      assert.equal(server.connections.length, 0);
    }));
  }

  test('a CONNECT to a URL with a path', onLoopback(async (net) => {
    const { client } = net.client();
    await assert.rejects(client.request('http://127.0.0.1:1/a', { method: 'CONNECT' }), { code: 'ERR_INVALID_URL' });
    await assert.rejects(client.request('http://127.0.0.1:1/?a', { method: 'CONNECT' }), { code: 'ERR_INVALID_URL' });
  }));
});
