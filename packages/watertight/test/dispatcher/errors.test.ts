/** What a failed request is rejected with: undici's own errors, by which programs and undici's interceptors decide, and the system's as they are. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { dispatcherOf, failure, sameAsAgent, withEachUndici, type Copy } from './copies.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';

/** What the server does, and the code that the request or its body is rejected with. */
const ANSWERS: readonly (readonly [what: string, code: string, answer: string, then: 'end' | 'wait'])[] = [
  ['no answer at all', 'UND_ERR_SOCKET', '', 'end'],
  ['half a head', 'UND_ERR_SOCKET', 'HTTP/1.1 200 OK\r\nContent-', 'end'],
  ['half a body', 'UND_ERR_SOCKET', `${HEAD}Content-Length: 9\r\n\r\npart`, 'end'],
  ['half a body of the last response on a connection', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', `${HEAD}Connection: close\r\nContent-Length: 9\r\n\r\npart`, 'end'],
  ['half a chunked body', 'UND_ERR_SOCKET', `${HEAD}Transfer-Encoding: chunked\r\n\r\n9\r\npart`, 'end'],
  ['half a chunked body of the last response on a connection', 'HPE_INVALID_EOF_STATE', `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npart`, 'end'],
  ['a chunk that is none', 'HPE_INVALID_CHUNK_SIZE', `${HEAD}Transfer-Encoding: chunked\r\n\r\nx\r\n`, 'wait'],
  ['a status line that is none', 'HPE_INVALID_CONSTANT', 'SMTP ready\r\n\r\n', 'wait'],
  ['a field name that is none', 'HPE_INVALID_HEADER_TOKEN', `${HEAD}a b: c\r\n\r\n`, 'wait'],
  ['a switch of protocols that nobody asked for', 'UND_ERR_SOCKET', 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n', 'wait'],
  ['a head that is too large', 'UND_ERR_HEADERS_OVERFLOW', `${HEAD}a: ${'b'.repeat(20_000)}\r\n\r\n`, 'wait'],
];

async function textOf(dispatcher: Copy, options: object): Promise<string> {
  const { body } = await dispatcher.request({ path: '/', method: 'POST', ...options });
  return body.text();
}

withEachUndici((undici) => {
  describe('has the code that an Agent\'s has:', () => {
    for (const [what, code, answer, then] of ANSWERS) {
      test(`${what}: ${code}`, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: ({ connection }: RawRequest) => {
          if (answer !== '') connection.write(answer);
          if (then === 'end') connection.finish();
        } });
        let ours: string | undefined;
        await sameAsAgent(net, undici, async (dispatcher) => {
          const { name, code: found } = await failure(textOf(dispatcher, { origin: server.origin }));
          ours ??= found;
          // Undici means to give the parser's code, and gives none in some versions.
          return name === 'HTTPParserError' ? name : { name, found };
        }, { transport: { maxResponseHeaderBytes: 16_384 } });
        assert.equal(ours, code);
      }));
    }

    test('a port that refuses: ECONNREFUSED', onLoopback(async (net) => {
      const origin = `http://127.0.0.1:${await closedPort()}`;
      assert.equal((await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin })))).code, 'ECONNREFUSED');
    }));

    test('a name that is none: ENOTFOUND', onLoopback(async (net) => {
      const lookup = (name: string, _options: unknown, done: (error: Error) => void): void => done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }));
      const sides = { transport: { lookup }, theirs: { connect: { lookup } } };
      assert.equal((await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin: 'http://nowhere.test' })), sides)).code, 'ENOTFOUND');
    }));

    test('a certificate that nobody trusts: the code of TLS', onLoopback(async (net) => {
      const server = await net.serve({ tls: new CertificateAuthority().issue({ names: ['127.0.0.1'] }), onRequest: (request) => request.reply('x') });
      assert.equal((await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin: server.origin })))).code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    }));

    test('a connection that is not made in time: UND_ERR_CONNECT_TIMEOUT', onLoopback(async (net) => {
      const lookup = (): void => undefined;
      const { dispatcher } = dispatcherOf(net, undici, {}, { lookup, dialTimeout: 20 });
      assert.deepEqual(await failure(textOf(dispatcher, { origin: 'http://slow.test' })), { name: 'ConnectTimeoutError', code: 'UND_ERR_CONNECT_TIMEOUT' });
    }));

    test('a stream that fails, and one that is shorter or longer than it was said to be', onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => void request.body.then(() => request.reply('x'), () => undefined) });
      for (const [length, code] of [['9', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'], ['2', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH']] as const) {
        const failed = await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin: server.origin, body: Readable.from([Buffer.from('data')]), headers: { 'content-length': length } })));
        assert.equal(failed.code, code);
      }
      const broken = (): Readable => new Readable({ read() {
        this.destroy(Object.assign(new Error('own'), { code: 'OWN' }));
      } });
      assert.equal((await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin: server.origin, body: broken() })))).code, 'OWN');
      assert.equal((await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin: server.origin, body: [5] })))).code, 'ERR_INVALID_ARG_TYPE');
      const closed = (): Readable => new Readable({ read() {
        setImmediate(() => this.destroy());
      } });
      assert.equal((await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin: server.origin, body: closed() })))).code, 'UND_ERR_ABORTED');
    }));
  });

  test('the limits on time are those of the dispatcher, of the request, and of the transport', onLoopback(async (net) => {
    const silent = await net.serve({});
    const half = await net.serve({ onRequest: ({ connection }) => connection.write(`${HEAD}Content-Length: 9\r\n\r\npart`) });
    for (const [origin, name, option, own, code] of [
      [silent.origin, 'HeadersTimeoutError', 'headersTimeout', 'responseHeaderTimeout', 'UND_ERR_HEADERS_TIMEOUT'],
      [half.origin, 'BodyTimeoutError', 'bodyTimeout', 'bodyIdleTimeout', 'UND_ERR_BODY_TIMEOUT'],
    ] as const) {
      const expected = { name, code };
      assert.deepEqual(await failure(textOf(dispatcherOf(net, undici, { [option]: 20 }).dispatcher, { origin })), expected);
      assert.deepEqual(await failure(textOf(dispatcherOf(net, undici).dispatcher, { origin, [option]: 20 })), expected);
      assert.deepEqual(await failure(textOf(dispatcherOf(net, undici, {}, { [own]: 20 }).dispatcher, { origin })), expected);
      assert.throws(() => dispatcherOf(net, undici, { [option]: -1 }), { code: 'ERR_INVALID_OPTION' });
    }
  }));

  test('a body that its source gives slowly is no slow server: the time for the headers begins when all is sent', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => {
      await request.body;
      request.reply('thanks');
    } });
    const { dispatcher } = dispatcherOf(net, undici, { headersTimeout: 200 });
    async function* slowly(): AsyncGenerator<Buffer> {
      await sleep(300);
      yield Buffer.from('x');
    }
    assert.equal(await textOf(dispatcher, { origin: server.origin, body: slowly() }), 'thanks');
  }));

  test('a server that takes no more of the body is slow', onLoopback(async (net) => {
    const server = await net.serve({ parse: false });
    const { dispatcher } = dispatcherOf(net, undici, { headersTimeout: 40 });
    function* endless(): Generator<Buffer> {
      for (;;) yield Buffer.alloc(1 << 20);
    }
    assert.deepEqual(await failure(textOf(dispatcher, { origin: server.origin, body: endless() })), { name: 'HeadersTimeoutError', code: 'UND_ERR_HEADERS_TIMEOUT' });
    for (const { socket } of server.connections) socket.resume();
  }));

  test('what lost a race with a closing connection is sent again if its method or `idempotent` allows it', onLoopback(async (net) => {
    for (const [options, again] of [
      [{ method: 'GET' }, true],
      [{ method: 'GET', idempotent: false }, false],
      [{ method: 'POST', body: 'data' }, false],
      [{ method: 'POST', body: 'data', idempotent: true }, true],
      [{ method: 'POST', body: Readable.from([Buffer.from('data')]), idempotent: true }, false],
    ] as const) {
      const server = await net.serve({ onRequest: (request) => (request.connection.id === 0 && request.target === '/second' ? request.connection.finish() : request.reply('x')) });
      const { dispatcher } = dispatcherOf(net, undici);
      await textOf(dispatcher, { origin: server.origin });
      const { code } = await failure(textOf(dispatcher, { origin: server.origin, path: '/second', ...options }));
      assert.equal(code, again ? undefined : 'UND_ERR_SOCKET', JSON.stringify(options));
    }
  }));

  test('maxResponseSize limits a body', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('12345') });
    for (const [maxResponseSize, code] of [[5, undefined], [4, 'UND_ERR_RES_EXCEEDED_MAX_SIZE'], [0, 'UND_ERR_RES_EXCEEDED_MAX_SIZE'], [-1, undefined]] as const) {
      const failed = await sameAsAgent(net, undici, async (dispatcher) => failure(textOf(dispatcher, { origin: server.origin })), { ours: { maxResponseSize }, theirs: { maxResponseSize } });
      assert.equal(failed.code, code, String(maxResponseSize));
    }
    assert.throws(() => dispatcherOf(net, undici, { maxResponseSize: -2 }), { code: 'ERR_INVALID_OPTION' });
  }));

  test('the error says which socket it was, and its cause is the library\'s', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.finish() });
    const { dispatcher } = dispatcherOf(net, undici);
    await assert.rejects(textOf(dispatcher, { origin: server.origin }), (error: Copy) => error instanceof undici.errors.SocketError && error.socket.bytesWritten > 0 && error.cause.code === 'ERR_CONNECTION_CLOSED');
  }));
});
