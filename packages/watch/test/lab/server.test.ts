// The paths of the test server as bytes on the wire. That real Go counts the same against it as
// against the Go server is in go.test.ts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createLabServer } from '#lab';

const server = createLabServer();
let port = 0;

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
after(() => {
  server.close();
  server.closeAllConnections();
});

async function open(path: string, method = 'GET', body = ''): Promise<IncomingMessage> {
  const request = httpRequest({ host: '127.0.0.1', port, path, method, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function read(response: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await response.toArray());
}

describe('the test server', () => {
  test('/bytes/N has a Content-Length', async () => {
    const response = await open('/bytes/50000');
    assert.equal(response.headers['content-length'], '50000');
    assert.equal((await read(response)).length, 50000);
  });

  test('/chunked/N sends its head, every 1,000 bytes and the last chunk separately', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /chunked/2500 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const text = Buffer.concat(await socket.toArray()).toString('latin1');
    const [head, body] = text.split('\r\n\r\n', 1).concat(text.slice(text.indexOf('\r\n\r\n') + 4));
    assert.match(head, /transfer-encoding: chunked/i);
    const x = (n: number) => 'x'.repeat(n);
    assert.equal(body, `3e8\r\n${x(1000)}\r\n3e8\r\n${x(1000)}\r\n1f4\r\n${x(500)}\r\n0\r\n\r\n`);
  });

  test('/chunked/0 is a body of no bytes', async () => {
    const response = await open('/chunked/0');
    assert.equal(response.headers['transfer-encoding'], 'chunked');
    assert.equal((await read(response)).length, 0);
  });

  test('/close/N says Connection: close', async () => {
    const response = await open('/close/5');
    assert.equal(response.headers.connection, 'close');
    assert.equal((await read(response)).length, 5);
  });

  test('/gzip/N is N bytes gzipped, with the compressed length', async () => {
    const response = await open('/gzip/5000');
    const packed = await read(response);
    assert.equal(response.headers['content-encoding'], 'gzip');
    assert.equal(response.headers['content-length'], String(packed.length));
    assert.equal(gunzipSync(packed).length, 5000);
  });

  test('/status/N has that status and no body', async () => {
    for (const status of [200, 204, 304, 404, 503]) {
      const response = await open(`/status/${status}`);
      assert.equal(response.statusCode, status);
      assert.equal((await read(response)).length, 0);
    }
  });

  test('/stall/N announces 100,000 bytes and sends N', async () => {
    const response = await open('/stall/10');
    assert.equal(response.headers['content-length'], '100000');
    const [bytes] = (await once(response, 'data')) as [Buffer];
    assert.equal(bytes.length, 10);
    response.destroy();
  });

  test('/redirect/N goes one hop at a time to 5,000 bytes', async () => {
    const hop = await open('/redirect/1');
    assert.equal(hop.statusCode, 302);
    assert.equal(hop.headers.location, '/redirect/0');
    assert.equal((await read(hop)).toString(), '<a href="/redirect/0">Found</a>.\n\n');
    assert.equal((await read(await open('/redirect/0'))).length, 5000);
  });

  test('/barrier/K answers nobody until K are there', async () => {
    let answered = 0;
    const first = [1, 2].map(async () => {
      const response = await open('/barrier/3');
      answered++;
      return read(response);
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(answered, 0);
    const third = await open('/barrier/3');
    assert.deepEqual([...(await Promise.all(first)), await read(third)].map(({ length }) => length), [5000, 5000, 5000]);
  });

  test('a request that leaves the barrier is no longer counted', async () => {
    const leaver = httpRequest({ host: '127.0.0.1', port, path: '/barrier/2', agent: false });
    leaver.on('error', () => {});
    leaver.end();
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    const left = once(request.socket, 'close');
    leaver.destroy();
    await left;
    const pair = await Promise.all([open('/barrier/2'), open('/barrier/2')]);
    for (const response of pair) assert.equal((await read(response)).length, 5000);
  });

  test('a request body is read before anything is answered', async () => {
    const response = await open('/bytes/5', 'POST', 'x'.repeat(100_000));
    assert.equal((await read(response)).length, 5);
  });

  test('another path is not found', async () => {
    assert.equal((await open('/nothing')).statusCode, 404);
  });
});
