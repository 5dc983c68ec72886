/** Servers that break the rules of HTTP/2, refuse, go away or fall silent: each request ends as it should, and nothing is left. */

import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, ProtocolError, TimeoutError, type Client, type ClientTrace, type RequestInit, type Transport, type TransportOptions } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { encodeFields, FLAG, frame, OK, serveFrames, settings, TYPE, uint32, type Fields, type FrameConnection, type FrameScript } from '../fixtures/frame-server.js';
import { H2Server, trust } from '../fixtures/h2-server.js';
import { assertEmpty, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { until } from '../fixtures/until.js';

interface Setting {
  client: Client;
  transport: Transport;
  url: string;
  connections: FrameConnection[];
}

async function serving(net: Loopback, script: FrameScript, options: TransportOptions = {}): Promise<Setting> {
  const { server, connections } = await serveFrames(net, script);
  return { ...net.client({ tls: trust, ...options }), url: server.origin, connections };
}

const hello = (connection: FrameConnection, stream: number): void => {
  connection.respond(stream, OK);
  connection.data(stream, 'hello', true);
};

/** Node 20 sends GOAWAY for frames that it can't read, and tells nobody. */
const silent = process.versions.node.startsWith('20.') && 'Node 20 falls silent; see "a server of which nothing has come"';

type Misdeed = (connection: FrameConnection, stream: number) => void;

describe('a response that is no good fails, and says why', () => {
  const table: [what: string, deed: Misdeed, kind: typeof ProtocolError | typeof ConnectionError, code: string, message: RegExp, skip?: string | false][] = [
    ['its body is reset before its end', (c, s) => {
      c.respond(s, OK);
      c.data(s, 'half');
      c.reset(s, 2);
    }, ConnectionError, 'ERR_CONNECTION_LOST', /after 4 bytes, without its end, .*INTERNAL_ERROR/],
    ['its body is reset before its end, with NO_ERROR', (c, s) => {
      c.respond(s, OK);
      c.data(s, 'half');
      c.reset(s, 0);
    }, ConnectionError, 'ERR_CONNECTION_LOST', /after 4 bytes, .*NO_ERROR/],
    ['it is reset before its head', (c, s) => c.reset(s, 8), ConnectionError, 'ERR_CONNECTION_LOST', /before the response head to GET .*CANCEL/],
    ['it is reset for PROTOCOL_ERROR', (c, s) => c.reset(s, 1), ProtocolError, 'ERR_HTTP2_PROTOCOL', /PROTOCOL_ERROR/],
    ['the server asks for calm', (c, s) => c.reset(s, 11), ConnectionError, 'ERR_CONNECTION_LOST', /ENHANCE_YOUR_CALM/],
    ['it has no status', (c, s) => c.respond(s, [['server', 'x']], true), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['a field name is in upper case', (c, s) => c.respond(s, [...OK, ['Server', 'x']], true), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['a field speaks of the connection', (c, s) => c.respond(s, [...OK, ['connection', 'close']], true), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['it has less than its Content-Length', (c, s) => {
      c.respond(s, [...OK, ['content-length', '10']]);
      c.data(s, 'short', true);
    }, ProtocolError, 'ERR_HTTP2_PROTOCOL', /after 5 of 10 bytes/],
    ['it has more than its Content-Length', (c, s) => {
      c.respond(s, [...OK, ['content-length', '3']]);
      c.data(s, 'longer', true);
    }, ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['data comes before the head', (c, s) => c.data(s, 'early', true), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/, silent],
    ['it is a 101', (c, s) => c.respond(s, [[':status', '101']]), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['data comes for a stream that does not exist', (c, s) => c.data(s + 100, 'x'), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/, silent],
    ['a push comes that was forbidden', (c, s) => c.send(TYPE.push, FLAG.endHeaders, s, Buffer.concat([uint32(2), encodeFields([[':method', 'GET'], [':path', '/'], [':scheme', 'https'], [':authority', 'a']])])), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['a frame is larger than allowed', (c, s) => c.data(s, Buffer.alloc(20_000)), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/, silent],
    ['its fields are encoded wrongly', (c, s) => c.send(TYPE.headers, FLAG.endHeaders, s, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/, silent],
    ['a window grows beyond its limit', (c, s) => {
      for (let i = 0; i < 2; i++) c.send(TYPE.window, 0, 0, uint32(2 ** 31 - 1));
      c.respond(s, OK);
    }, ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['the window of its stream grows beyond its limit', (c, s) => {
      for (let i = 0; i < 2; i++) c.send(TYPE.window, 0, s, uint32(2 ** 31 - 1));
    }, ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/],
    ['the bytes are no frames', (c) => c.raw.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), ProtocolError, 'ERR_HTTP2_PROTOCOL', /rules of HTTP\/2/, silent],
    ['the connection ends', (c) => c.raw.finish(), ConnectionError, 'ERR_CONNECTION_CLOSED', /closed the connection before the response head/],
    ['GOAWAY comes with an error', (c, s) => c.goaway(s, 2, 'overworked'), ConnectionError, 'ERR_CONNECTION_CLOSED', /GOAWAY \(INTERNAL_ERROR, "overworked"\)/],
  ];
  for (const [what, deed, kind, code, message, skip = false] of table) {
    test(`if ${what}`, { skip }, onLoopback(async (net) => {
      const { client, transport, url } = await serving(net, { onRequest: deed });
      const { error } = await settle(client.get(url, { timeout: 10_000 }).then((response) => response.text()));
      assert.ok(error instanceof kind, `${error?.name}: ${error?.message}`);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      const { active, streams, waiting } = transport.stats();
      assert.deepEqual({ active, streams, waiting }, { active: 0, streams: 0, waiting: 0 });
    }));
  }
});

test('a response fails if the connection is reset', onLoopback(async (net) => {
  const { client, url } = await serving(net, { onRequest: (c) => c.raw.reset() });
  // Node does not always say that it was not closed in order.
  await assert.rejects(client.get(url), /(broke|closed the connection) before the response head/);
}));

describe('floods have bounds', () => {
  const many: Fields = Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'y'] as const);
  const large: Fields = Array.from({ length: 30 }, (_, i) => [`x-${i}`, 'y'.repeat(300)] as const);
  for (const [what, fields, options] of [['fields', many, { maxResponseHeaderFields: 50 }], ['bytes of fields', large, { maxResponseHeaderBytes: 5000 }]] as const) {
    test(`more ${what} than the limit are refused`, onLoopback(async (net) => {
      const { client, url } = await serving(net, { onRequest: (c, s) => c.respond(s, [...OK, ...fields], true) }, options);
      const { error } = await settle(client.get(url, { timeout: 10_000 }));
      assert.ok(error instanceof ProtocolError, error?.message);
      assert.equal(error.code, 'ERR_HEADERS_TOO_LARGE');
    }));
  }

  const floods: [what: string, deed: Misdeed][] = [
    ['CONTINUATION frames without an end', (c, s) => {
      c.send(TYPE.headers, 0, s, encodeFields(OK));
      for (let i = 0; i < 200; i++) c.send(TYPE.continuation, 0, s, encodeFields([['x', 'y'.repeat(1000)]]));
    }],
    ['SETTINGS frames', (c) => void c.raw.write(Buffer.concat(Array.from({ length: 20_000 }, () => frame(TYPE.settings, 0, 0))))],
    ['PING frames', (c) => void c.raw.write(Buffer.concat(Array.from({ length: 20_000 }, () => frame(TYPE.ping, 0, 0, Buffer.alloc(8)))))],
    ['1xx responses', (c, s) => {
      for (let i = 0; i < 100; i++) c.respond(s, [[':status', '103']]);
    }],
  ];
  for (const [what, deed] of floods) {
    test(`${what} end in an error`, onLoopback(async (net) => {
      const { client, url } = await serving(net, { onRequest: deed });
      const { error } = await settle(client.get(url, { timeout: 3000 }));
      assert.equal(typeof error?.code, 'string', error?.message);
    }));
  }

  test('a request whose fields the server does not take is refused before it is sent', onLoopback(async (net) => {
    const { client, url, connections } = await serving(net, { settings: settings([6, 1000]), onRequest: hello });
    assert.equal(await (await client.get(url)).text(), 'hello');
    await assert.rejects(client.get(url, { headers: { 'X-Large': 'y'.repeat(2000) } }), { code: 'ERR_INVALID_HEADER' });
    assert.equal(await (await client.get(url)).text(), 'hello');
    assert.equal(connections[0].of(TYPE.headers).length, 2);
  }));
});

describe('what the server has not processed is sent again', () => {
  for (const [what, init] of [['a GET', {}], ['a POST', { method: 'POST', body: 'x' }]] as [string, RequestInit][]) {
    test(`${what} that was refused, on the same connection`, onLoopback(async (net) => {
      const { client, url, connections } = await serving(net, { onRequest: (c, s) => (s === 1 ? c.reset(s, 7) : hello(c, s)) });
      assert.equal(await (await client.request(url, init)).text(), 'hello');
      assert.equal(connections.length, 1);
    }));

    test(`${what} above the last stream of a GOAWAY, on another connection`, onLoopback(async (net) => {
      const { client, url, connections } = await serving(net, {
        onRequest: (c, s) => {
          if (c !== connections[0]) hello(c, s);
          else c.goaway(0, 0);
        },
      });
      assert.equal(await (await client.request(url, init)).text(), 'hello');
      assert.equal(connections.length, 2);
    }));

    test(`${what} above the last stream of a GOAWAY with an error`, onLoopback(async (net) => {
      const { client, url, connections } = await serving(net, {
        onRequest: (c, s) => {
          if (c !== connections[0]) hello(c, s);
          else c.goaway(0, 11, 'calm');
        },
      });
      assert.equal(await (await client.request(url, init)).text(), 'hello');
    }));
  }

  test('but not a body that can be sent once', onLoopback(async (net) => {
    const { client, url } = await serving(net, { onRequest: (c, s) => c.reset(s, 7) });
    const once = (async function* () {
      yield 'x';
      await sleep(1);
    })();
    const { error } = await settle(client.post(url, once));
    assert.match(error!.message, /REFUSED_STREAM/);
  }));

  test('later and later, and only so often; a cancel ends the pause', onLoopback(async (net) => {
    let asked = 0;
    const { client, transport, url } = await serving(net, {
      onRequest: (c, s) => {
        asked++;
        c.reset(s, 7);
      },
    });
    const controller = new AbortController();
    const pending = settle(client.get(url, { signal: controller.signal }));
    await until('it was refused twice', () => asked >= 2);
    await sleep(50);
    assert.equal(asked, 2);
    controller.abort(new Error('enough'));
    assert.equal((await pending).error!.message, 'enough');
    const closed = settle(client.get(url));
    await until('the other was, too', () => asked >= 4);
    await sleep(20);
    await transport.close();
    assert.equal((await closed).error!.code, 'ERR_TRANSPORT_CLOSED');
  }));

  test('and what it may have processed is not, unless it is idempotent and its connection was not new', onLoopback(async (net) => {
    const { client, url, connections } = await serving(net, { onRequest: (c, s) => (s === 3 ? c.raw.finish() : hello(c, s)) });
    await (await client.get(url)).text();
    assert.equal(await (await client.get(url)).text(), 'hello');
    assert.equal(connections.length, 2);
    await assert.rejects(client.post(url, 'x'), { code: 'ERR_CONNECTION_CLOSED' });
  }));
});

test('a request for which the server wants HTTP/1.1 is sent again over that, whatever its method, and the stream is nobody\'s fault', onLoopback(async (net) => {
  const server = net.keep(await H2Server.start((stream) => stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED), { allowHTTP1: true }));
  server.answerOlder('older');
  const { client, transport } = net.client({ tls: trust });
  for (let i = 0; i < 2; i++) {
    const response = await client.post(server.origin, 'x');
    assert.deepEqual([response.proto, await response.text()], ['HTTP/1.1', 'older']);
  }
  const { opened, idle, hosts } = transport.stats();
  assert.deepEqual({ opened, idle, hosts: hosts.length }, { opened: 2, idle: 2, hosts: 1 });
  const once = (async function* () {
    yield 'x';
    await sleep(1);
  })();
  await assert.rejects(client.post(server.origin, once), /HTTP_1_1_REQUIRED.*could not be sent again/);
}));

describe('GOAWAY without an error', () => {
  test('lets the streams before it end, and the next request dials', onLoopback(async (net) => {
    const { client, url, connections } = await serving(net, { onRequest: (c, s) => (c === connections[0] ? c.respond(s, OK) : hello(c, s)) });
    const response = await client.get(url);
    connections[0].goaway(1, 0);
    await sleep(20);
    assert.equal(await (await client.get(url)).text(), 'hello');
    connections[0].data(1, 'late', true);
    assert.equal(await response.text(), 'late');
    await connections[0].raw.left;
    assert.equal(taskCount(), 2);
  }));
});

describe('silence has its limits', () => {
  const stalled: Misdeed = (c, s) => {
    c.respond(s, OK);
    c.data(s, 'begun');
  };
  const table: [what: string, options: TransportOptions, init: RequestInit, deed: Misdeed, phase: string][] = [
    ['no head (responseHeaderTimeout)', { responseHeaderTimeout: 40 }, {}, () => undefined, 'waiting for headers'],
    ['no head to a POST (responseHeaderTimeout)', { responseHeaderTimeout: 40 }, { method: 'POST', body: 'x' }, () => undefined, 'waiting for headers'],
    ['no further byte (bodyIdleTimeout)', { bodyIdleTimeout: 40 }, {}, stalled, 'reading the body'],
    ['no head (timeout)', {}, { timeout: 100 }, () => undefined, 'waiting for headers'],
    ['no further byte (timeout)', {}, { timeout: 200 }, stalled, 'reading the body'],
    ['no room for the request (timeout)', {}, { timeout: 200, method: 'POST', body: 'x'.repeat(200_000) }, () => undefined, 'sending'],
  ];
  for (const [what, options, init, deed, phase] of table) {
    test(`${what}: the stream is reset, the connection stays`, onLoopback(async (net) => {
      const { client, transport, url, connections } = await serving(net, { onRequest: (c, s) => (s === 1 ? hello(c, s) : deed(c, s)) }, options);
      // The time is for the stream, not for the dial.
      await (await client.get(url)).text();
      const { error } = await settle(client.request(url, init).then((response) => response.text()));
      assert.ok(error instanceof TimeoutError, error?.message);
      assert.equal(error.phase, phase);
      const { idle, streams } = transport.stats();
      assert.deepEqual({ idle, streams, tasks: taskCount() }, { idle: 1, streams: 0, tasks: 2 });
      await until('the stream is reset', () => connections[0].resets.length > 0);
      assert.deepEqual(connections[0].resets, [8]);
    }));
  }
});

describe('a server of which nothing has come when a request is given up', () => {
  test('is asked by PING, and serves on if it answers', onLoopback(async (net) => {
    const { client, url, connections } = await serving(net, { onRequest: (c, s) => (s === 3 ? undefined : hello(c, s)) });
    // The time is for the stream, not for the dial.
    await (await client.get(url)).text();
    await assert.rejects(client.get(url, { timeout: 100 }), TimeoutError);
    const [connection] = connections;
    await until('it is asked', () => connection.of(TYPE.ping).length > 0);
    connection.send(TYPE.ping, FLAG.ack, 0, connection.of(TYPE.ping)[0].payload);
    assert.equal(await (await client.get(url)).text(), 'hello');
    assert.equal(connections.length, 1);
  }));

  test('is left if it does not, and what waits for it is sent again elsewhere', onLoopback(async (net, t) => {
    const { client, url, connections } = await serving(net, { onRequest: (c, s) => (c === connections[0] ? undefined : hello(c, s)) });
    const controller = new AbortController();
    const given = settle(client.get(url, { signal: controller.signal }));
    await until('it has come', () => connections[0]?.of(TYPE.headers).length === 1);
    const waiting = client.get(url);
    await until('both have come', () => connections[0].of(TYPE.headers).length === 2);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    controller.abort(new Error('enough'));
    t.mock.timers.tick(15_000);
    t.mock.timers.reset();
    assert.equal((await given).error!.message, 'enough');
    assert.equal(await (await waiting).text(), 'hello');
    assert.equal(connections.length, 2);
  }));
});

describe('a hook that throws, or closes everything, leaves nothing', () => {
  const hooks: (keyof ClientTrace)[] = ['getConn', 'connectStart', 'tlsHandshakeStart', 'tlsHandshakeDone', 'connectDone', 'gotConn', 'wroteHeaders', 'wait100Continue', 'gotFirstResponseByte', 'got1xxResponse'];
  const interim: Misdeed = (c, s) => {
    c.respond(s, [[':status', '100']]);
    hello(c, s);
  };
  for (const hook of hooks) {
    test(`${hook} throws`, onLoopback(async (net) => {
      const { client, transport, url } = await serving(net, { onRequest: interim });
      const trace = { [hook]: () => {
        throw new Error('thrown');
      } };
      const { error } = await settle(client.post(url, 'x', { trace, headers: { Expect: '100-continue' } }));
      assert.equal(error?.code, 'ERR_HOOK');
      const { streams, waiting } = transport.stats();
      assert.deepEqual({ streams, waiting }, { streams: 0, waiting: 0 });
    }));

    test(`${hook} closes the transport`, onLoopback(async (net) => {
      const { client, transport, url } = await serving(net, { onRequest: interim });
      const trace = { [hook]: () => void transport.close() };
      const { error } = await settle(client.post(url, 'x', { trace, headers: { Expect: '100-continue' } }).then((response) => response.text()));
      assert.equal(error?.code, 'ERR_TRANSPORT_CLOSED', error?.message);
      assertEmpty(transport);
    }));
  }
});
