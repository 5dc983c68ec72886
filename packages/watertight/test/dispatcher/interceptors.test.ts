/** Undici's interceptors, composed over our connections: each with the result that it has over undici's own Agent. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';
import { answer, redirect } from '../fetch/site.js';
import { dispatcherOf, failure, sameAsAgent, withEachUndici, type Copy } from './copies.js';

async function ask(dispatcher: Copy, url: string, options: object = {}): Promise<{ statusCode: number; text: string }> {
  const { origin, pathname, search } = new URL(url);
  const { statusCode, body } = await dispatcher.request({ origin, path: pathname + search, method: 'GET', ...options });
  return { statusCode, text: await body.text() };
}

function codeOf(error: unknown): unknown {
  return (error as Copy).code;
}

withEachUndici((undici) => {
  const { interceptors } = undici;

  test('redirect', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    for (const body of [() => 'data', () => new Blob(['data']).stream(), () => Readable.from([Buffer.from('data')])]) {
      await sameAsAgent(net, undici, async (dispatcher) => ask(dispatcher.compose(interceptors.redirect({ maxRedirections: 3 })), redirect(server.origin, 307, '/there'), { method: 'PUT', body: body() }).then(({ statusCode, text }) => ({ statusCode, sent: text.startsWith('{') ? (JSON.parse(text) as { body: string }).body : text }), codeOf));
    }
    await sameAsAgent(net, undici, async (dispatcher) => {
      const { statusCode, text } = await ask(dispatcher.compose(interceptors.redirect({ maxRedirections: 3 })), redirect(server.origin, 302, '/there'));
      return { statusCode, target: (JSON.parse(text) as { target: string }).target, tooMany: await ask(dispatcher.compose(interceptors.redirect({ maxRedirections: 1 })), `${server.origin}/chain?left=3`).then((each) => each.statusCode, codeOf) };
    });
  }));

  test('retry: a status, a connection that ends before the response, and one that ends in the body', onLoopback(async (net) => {
    let asked = 0;
    const server = await net.serve({ onRequest: (request: RawRequest) => {
      const range = request.lines.some((line) => /^range: bytes=4-/i.test(line));
      if (asked++ === 0 && request.target === '/status') request.reply('later', { status: '503 Later' });
      else if (asked === 1 && request.target === '/lost') request.connection.finish();
      else if (request.target !== '/part') request.reply('whole');
      else if (range) request.reply('ial', { status: '206 Partial', fields: ['Content-Range: bytes 4-6/7', 'ETag: "a"'] });
      else {
        request.connection.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: "a"\r\n\r\npart');
        request.connection.finish();
      }
    } });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const composed = dispatcher.compose(interceptors.retry({ minTimeout: 1, maxTimeout: 2, maxRetries: 2 }));
      const texts: unknown[] = [];
      for (const path of ['/status', '/lost', '/part']) {
        asked = 0;
        texts.push(await ask(composed, server.origin + path).then(({ text }) => text, codeOf), asked);
      }
      return texts;
    });
  }));

  test('RetryAgent over a dispatcher', onLoopback(async (net) => {
    let asked = 0;
    const server = await net.serve({ onRequest: (request) => (asked++ === 0 ? request.connection.finish() : request.reply('whole')) });
    await sameAsAgent(net, undici, async (dispatcher) => {
      asked = 0;
      return ask(new undici.RetryAgent(dispatcher, { minTimeout: 1, maxTimeout: 2 }), server.origin);
    });
  }));

  test('dump', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('a long text') });
    await sameAsAgent(net, undici, async (dispatcher) => [
      await ask(dispatcher.compose(interceptors.dump({ maxSize: 100 })), server.origin),
      await failure(ask(dispatcher.compose(interceptors.dump({ maxSize: 5 })), server.origin)),
      await failure(ask(dispatcher.compose(interceptors.dump()), 'http://127.0.0.1:1')),
    ]);
  }));

  test('responseError', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('{"a":1}', { status: '418 Teapot', fields: ['Content-Type: application/json'] }) });
    await sameAsAgent(net, undici, async (dispatcher) => ask(dispatcher.compose(interceptors.responseError()), server.origin).then(() => null, (error: unknown) => {
      const { code, statusCode, body } = error as Copy;
      return { code, statusCode, body };
    }));
  }));

  test('decompress', { skip: interceptors.decompress === undefined }, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const composed = dispatcher.compose(interceptors.decompress());
      return [await ask(composed, `${server.origin}/encoded?as=gzip`), await ask(composed, `${server.origin}/encoded?as=gzip,br`)];
    });
  }));

  test('cache: a second request is answered without the server', onLoopback(async (net) => {
    let asked = 0;
    const server = await net.serve({ onRequest: (request) => request.reply(`${++asked}`, { fields: ['Cache-Control: max-age=100', `Date: ${new Date().toUTCString()}`] }) });
    const texts = await sameAsAgent(net, undici, async (dispatcher) => {
      asked = 0;
      const composed = dispatcher.compose(interceptors.cache({ store: new undici.cacheStores.MemoryCacheStore() }));
      const first = await composed.request({ origin: server.origin, path: '/', method: 'GET' });
      // Not read yet: it is stored all the same, because it is small.
      const second = await ask(composed, server.origin);
      return [await first.body.text(), second.text, asked];
    });
    assert.deepEqual(texts, ['1', '1', 1]);
  }));

  test('deduplicate: requests at the same time are one', { skip: interceptors.deduplicate === undefined }, onLoopback(async (net) => {
    let asked = 0;
    const server = await net.serve({ onRequest: async (request) => {
      const text = `${++asked}`;
      await sleep(10);
      request.reply(text);
    } });
    const texts = await sameAsAgent(net, undici, async (dispatcher) => {
      asked = 0;
      const composed = dispatcher.compose(interceptors.deduplicate());
      return (await Promise.all([1, 2, 3].map(async () => ask(composed, server.origin)))).map(({ text }) => text);
    });
    assert.deepEqual(texts, ['1', '1', '1']);
  }));

  test('dns: a name is looked up by the interceptor, the Host stays, and TLS asks for the name', onLoopback(async (net) => {
    const authority = new CertificateAuthority();
    const onRequest = (request: RawRequest): void => request.reply(request.lines.find((line) => /^host:/i.test(line))!.toLowerCase());
    const plain = await net.serve({ onRequest });
    const secure = await net.serve({ tls: authority.issue({ names: ['named.test'] }), onRequest });
    const lookup = (_origin: URL, _options: unknown, done: (error: null, addresses: unknown[]) => void): void => done(null, [{ address: '127.0.0.1', family: 4, ttl: 1000 }]);
    const tls = { ca: authority.cert };
    const answers = await sameAsAgent(net, undici, async (dispatcher) => {
      const composed = dispatcher.compose(interceptors.dns({ lookup }));
      return [await ask(composed, `http://named.test:${plain.port}`), await ask(composed, `https://named.test:${secure.port}`)];
    }, { transport: { tls }, theirs: { connect: tls } });
    assert.deepEqual(answers.map(({ text }) => text), [`host: named.test:${plain.port}`, `host: named.test:${secure.port}`]);
  }));

  test('TLS asks for the name of the Host field or of servername, and connections for different names are apart', onLoopback(async (net) => {
    const authority = new CertificateAuthority();
    const secure = await net.serve({ tls: authority.issue({ names: ['one.test', 'two.test', '127.0.0.1'] }), onRequest: (request) => request.reply('x') });
    const tls = { ca: authority.cert };
    const codes = await sameAsAgent(net, undici, async (dispatcher) => {
      const outcomes: unknown[] = [];
      for (const options of [{}, { headers: { host: 'one.test' } }, { servername: 'two.test' }, { headers: { host: 'three.test' } }, { servername: 'three.test' }, { headers: { host: '127.0.0.1:80' } }]) outcomes.push(await failure(ask(dispatcher, secure.origin, options)));
      return outcomes.map((each) => (each as { code: string | undefined }).code);
    }, { transport: { tls }, theirs: { connect: tls } });
    assert.deepEqual(codes, [undefined, undefined, undefined, 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_INVALID', undefined]);
  }));

  test('a host with a name of its own is another one in the statistics, and is forgotten when its connections end', onLoopback(async (net) => {
    const authority = new CertificateAuthority();
    const secure = await net.serve({ tls: authority.issue({ names: ['one.test', 'two.test'] }), onRequest: (request) => request.reply('x') });
    const { dispatcher, transport } = dispatcherOf(net, undici, {}, { tls: { ca: authority.cert } });
    for (const servername of ['one.test', 'two.test', 'one.test']) await ask(dispatcher, secure.origin, { servername });
    assert.deepEqual(Object.keys(dispatcher.stats), [`${secure.origin} as one.test`, `${secure.origin} as two.test`]);
    assert.equal(transport.stats().opened, 2);
    transport.closeIdleConnections();
    assert.deepEqual(dispatcher.stats, {});
  }));
});
