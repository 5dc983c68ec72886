/** node:http, and axios and got, which are made of it: every way to leave a response unread is a leak, every right way is none. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type TcpNetConnectOpts } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { BIG, FormServer } from '../fixtures/form-server.js';
import { testForm, type Form } from './observed-form.js';

let server: FormServer;
before(async () => {
  server = await FormServer.start();
});
after(() => server.stop());

const silence = (): undefined => undefined;

/** Unlike `once`, it does not reject for an error. */
const closeOf = (stream: ClientRequest | IncomingMessage): Promise<void> => new Promise((resolve) => stream.on('close', resolve));

/** The response of a request that was begun; the request's errors are the program's to handle. */
async function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', silence);
  response.on('error', silence);
  return response;
}

function head(origin: string, agent: http.Agent | undefined): ClientRequest {
  const request = http.request(`${origin}/small`, { method: 'HEAD', agent }); // here
  request.end();
  return request;
}

/** Responses without a body that nobody reads: they hold their socket, where there is one to be held. */
function emptyForms(agent: () => http.Agent | undefined, expected: Form['expected']): Form[] {
  const of = (path: string, status: number): Form['expected'] => (expected === null ? null : { ...expected, path, status });
  return [
    { name: 'an empty body, never read', expected: of('/empty', 200), run: (origin) => responseOf(http.get(`${origin}/empty`, { agent: agent() })) }, // here
    { name: 'an empty body in chunks, never read', expected: of('/empty-chunked', 200), run: (origin) => responseOf(http.get(`${origin}/empty-chunked`, { agent: agent() })) }, // here
    { name: '204, never read', expected: of('/204', 204), run: (origin) => responseOf(http.get(`${origin}/204`, { agent: agent() })) }, // here
    { name: '304, never read', expected: of('/304', 304), run: (origin) => responseOf(http.get(`${origin}/304`, { agent: agent() })) }, // here
    { name: 'HEAD, never read', expected: of('/small', 200), run: (origin) => responseOf(head(origin, agent())) },
  ];
}

/** Pauses a response in the moment in which it has given its last byte, before it has given its end. */
function pausedAt(length: number, response: IncomingMessage): Promise<void> {
  let read = 0;
  return new Promise((resolve) => response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read < length) return;
    response.pause();
    resolve();
  }));
}

/** Responses of which all bytes were read, and not the end: like the empty ones, they hold their socket, where there is one to be held. */
function readOutForms(agent: () => http.Agent | undefined, holds: boolean): Form[] {
  const of = (path: string, length: number): Form['expected'] => (holds ? { client: 'node:http', path, contentLength: length, bytesRead: length } : null);
  return [
    {
      name: 'paused with the last byte',
      expected: of('/slow', 4),
      run: async (origin) => {
        const response = await responseOf(http.get(`${origin}/slow`, { agent: agent() })); // here
        await pausedAt(4, response);
        return response;
      },
    },
    {
      name: 'paused with the last byte, length unknown',
      expected: of('/slow-chunked', 4),
      run: async (origin) => {
        const response = await responseOf(http.get(`${origin}/slow-chunked`, { agent: agent() })); // here
        await pausedAt(4, response);
        return response;
      },
    },
    {
      name: 'piped into a stream that the last byte fills',
      expected: of('/slow', 4),
      run: async (origin) => {
        const response = await responseOf(http.get(`${origin}/slow`, { agent: agent() })); // here
        response.pipe(new Writable({ highWaterMark: 3, write: silence }));
        await once(response, 'pause');
        return response;
      },
    },
  ];
}

function forms(agent: () => http.Agent | undefined): Form[] {
  const leaks: Form[] = [
    { name: 'never read, 5 bytes', expected: { client: 'node:http', contentLength: 5 }, run: (origin) => responseOf(http.get(`${origin}/small`, { agent: agent() })) }, // here
    { name: 'never read, by the function imported by name', expected: { client: 'node:http' }, run: (origin) => responseOf(get(`${origin}/small`, { agent: agent() })) }, // here
    { name: 'never read, 1 MiB', expected: { client: 'node:http', contentLength: BIG, path: '/big' }, run: (origin) => responseOf(http.get(`${origin}/big`, { agent: agent() })) }, // here
    { name: 'never read, length unknown', expected: { client: 'node:http', contentLength: -1, path: '/chunked' }, run: (origin) => responseOf(http.get(`${origin}/chunked`, { agent: agent() })) }, // here
    { name: 'never read, an error status', expected: { client: 'node:http', status: 500, path: '/error' }, run: (origin) => responseOf(http.get(`${origin}/error`, { agent: agent() })) }, // here
    { name: 'never read, query and password', expected: { client: 'node:http', path: '/small?token=*' }, run: (origin) => responseOf(http.get(`${origin.replace('//', '//user:secret@')}/small?token=secret`, { agent: agent() })) }, // here
    { name: 'a redirect that nobody follows', expected: { client: 'node:http', status: 302, path: '/redirect' }, run: (origin) => responseOf(http.get(`${origin}/redirect`, { agent: agent() })) }, // here
    {
      name: 'a class of its own, never read',
      expected: { client: 'node:http' },
      run: (origin) => {
        const request = new http.ClientRequest(`${origin}/small`); // here
        request.end();
        return responseOf(request);
      },
    },
    {
      name: 'header fields as an array, never read',
      expected: { client: 'node:http' },
      run: (origin) => responseOf(http.get(`${origin}/small`, { agent: agent(), headers: ['host', new URL(origin).host] })), // here
    },
    {
      name: 'a connection that is made later, never read',
      expected: { client: 'node:http' },
      run: (origin) => {
        const createConnection: http.RequestOptions['createConnection'] = (options, made) => {
          setImmediate(() => made(null, connect(options as TcpNetConnectOpts)));
          return undefined;
        };
        return responseOf(http.get(`${origin}/small`, { createConnection })); // here
      },
    },
    {
      name: 'half read by an iterator',
      expected: { client: 'node:http', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const response = await responseOf(http.get(`${origin}/big`, { agent: agent() })); // here
        await (response[Symbol.asyncIterator]() as AsyncIterator<unknown>).next();
        return response;
      },
    },
    {
      name: 'half read as text',
      expected: { client: 'node:http', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const response = await responseOf(http.get(`${origin}/big`, { agent: agent() })); // here
        response.setEncoding('utf8');
        await new Promise<void>((resolve) => response.once('data', () => (response.pause(), resolve())));
        return response;
      },
    },
    {
      name: 'piped into a stream that is full',
      expected: { client: 'node:http', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const response = await responseOf(http.get(`${origin}/big`, { agent: agent() })); // here
        response.pipe(new Writable({ write: silence }));
        return response;
      },
    },
    {
      name: 'a request without an answer',
      expected: { client: 'node:http', status: 0, path: '/never' },
      run: (origin) => http.get(`${origin}/never`, { agent: agent() }).on('error', silence), // here
    },
    {
      name: 'a request that is never ended',
      expected: { client: 'node:http', status: 0 },
      run: (origin) => http.request(`${origin}/small`, { method: 'POST', agent: agent() }).on('error', silence), // here
    },
  ];

  const right: [name: string, run: (origin: string) => unknown][] = [
    ["'data' and 'end'", async (origin) => {
      const response = await responseOf(http.get(`${origin}/big`, { agent: agent() }));
      response.on('data', silence);
      await once(response, 'end');
    }],
    ['resume()', async (origin) => (await responseOf(http.get(`${origin}/small`, { agent: agent() }))).resume()],
    ['resume() of a slow body', async (origin) => (await responseOf(http.get(`${origin}/slow`, { agent: agent() }))).resume()],
    ["no 'response' listener", (origin) => http.get(`${origin}/small`, { agent: agent() })],
    ['response.destroy()', async (origin) => (await responseOf(http.get(`${origin}/big`, { agent: agent() }))).destroy()],
    ['request.destroy() after the response', async (origin) => {
      const request = http.get(`${origin}/big`, { agent: agent() });
      await responseOf(request);
      request.destroy();
    }],
    ['request.destroy() after a response of 5 bytes', async (origin) => {
      const request = http.get(`${origin}/small`, { agent: agent() });
      await responseOf(request);
      request.destroy();
    }],
    ['request.abort() before the response', async (origin) => {
      const request = http.get(`${origin}/never`, { agent: agent() }).on('error', silence);
      await once(request, 'socket');
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- old programs call it
      request.abort();
    }],
    ['request.destroy() at once', (origin) => http.get(`${origin}/never`, { agent: agent() }).on('error', silence).destroy()],
    ['a signal', async (origin) => {
      const controller = new AbortController();
      const request = http.get(`${origin}/never`, { agent: agent(), signal: controller.signal }).on('error', silence);
      await once(request, 'socket');
      controller.abort();
    }],
    ['a port that there is not', () => assert.throws(() => http.get({ port: 70_000, agent: agent() }), { code: 'ERR_SOCKET_BAD_PORT' })],
    ['a header field that there is not', () => assert.throws(() => http.get({ port: 80, agent: agent(), headers: ['lonely'] }))],
    ['an agent that throws', () => assert.throws(() => http.get({ port: 80, agent: { addRequest: () => assert.fail('no') } as never }))],
    ['a timeout that destroys', async (origin) => {
      const request = http.get(`${origin}/never`, { agent: agent(), timeout: 20 }).on('error', silence);
      request.on('timeout', () => request.destroy());
      await closeOf(request);
    }],
    ['an empty body, resume()', async (origin) => (await responseOf(http.get(`${origin}/empty`, { agent: agent() }))).resume()],
    ['an empty body, iterated', async (origin) => {
      for await (const _ of await responseOf(http.get(`${origin}/empty`, { agent: agent() })));
    }],
    ["HEAD, 'data' listened to", async (origin) => (await responseOf(head(origin, agent()))).on('data', silence)],
    ['204, resume()', async (origin) => (await responseOf(http.get(`${origin}/204`, { agent: agent() }))).resume()],
    ['204, destroyed', async (origin) => (await responseOf(http.get(`${origin}/204`, { agent: agent() }))).destroy()],
    ['204, its request destroyed', async (origin) => {
      const request = http.get(`${origin}/204`, { agent: agent() });
      await responseOf(request);
      request.destroy();
    }],
    ["204 without a 'response' listener", (origin) => http.get(`${origin}/204`, { agent: agent() })],
    ['204 on a connection that the server closes', (origin) => responseOf(http.get(`${origin}/204-close`, { agent: agent() }))],
    ['304, piped', async (origin) => pipeline(await responseOf(http.get(`${origin}/304`, { agent: agent() })), new PassThrough().resume())],
    ['early hints, then read', async (origin) => (await responseOf(http.get(`${origin}/early-hints`, { agent: agent() }))).resume()],
    ['for await to the end', async (origin) => {
      for await (const _ of await responseOf(http.get(`${origin}/big`, { agent: agent() })));
    }],
    ['for await with break', async (origin) => {
      for await (const _ of await responseOf(http.get(`${origin}/big`, { agent: agent() }))) break;
    }],
    ['a pipeline', async (origin) => pipeline(await responseOf(http.get(`${origin}/big`, { agent: agent() })), new PassThrough().resume())],
    ['a pipeline that fails', async (origin) => pipeline(await responseOf(http.get(`${origin}/big`, { agent: agent() })), new Writable({ write: (_c, _e, done) => done(new Error('full')) })).catch(silence)],
    ['a connection that breaks while reading', async (origin) => {
      const response = await responseOf(http.get(`${origin}/broken`, { agent: agent() }));
      await closeOf(response.resume());
    }],
    ['refused', () => once(http.get('http://127.0.0.1:1/'), 'error')],
    ['a wrong URL', () => assert.throws(() => http.get('http://['))],
    ['an upgrade', async (origin) => {
      const request = http.get(origin, { headers: { connection: 'upgrade', upgrade: 'echo' } });
      const [, socket] = (await once(request, 'upgrade')) as [unknown, PassThrough];
      socket.on('error', silence).destroy();
    }],
    ['CONNECT', async (origin) => {
      const request = http.request(origin, { method: 'CONNECT', path: 'example.test:80' });
      request.end();
      const [, socket] = (await once(request, 'connect')) as [unknown, PassThrough];
      socket.on('error', silence).destroy();
    }],
    ['a hundred through three sockets, read', async (origin) => {
      const few = new http.Agent({ keepAlive: true, maxSockets: 3 });
      await Promise.all(Array.from({ length: 100 }, async () => {
        const response = await responseOf(http.get(`${origin}/small`, { agent: few }));
        await once(response.resume(), 'end');
      }));
      few.destroy();
    }],
  ];
  return [...leaks, ...right.map(([name, run]) => ({ name, run, expected: null }))];
}

describe('node:http with the global agent', () => {
  const empty = emptyForms(() => undefined, { client: 'node:http', contentLength: 0 });
  for (const form of [...forms(() => undefined), ...empty, ...readOutForms(() => undefined, true)]) testForm(form, () => server);
});

describe('node:http without keep-alive', () => {
  const agent = (): http.Agent => new http.Agent({ keepAlive: false });
  // The server ends such a connection with its response, and then nothing is held.
  for (const form of [...forms(agent), ...emptyForms(agent, null), ...readOutForms(agent, false)]) testForm(form, () => server);
});

describe('axios', async () => {
  const { default: axios } = await import('axios');
  const stream = { responseType: 'stream', adapter: 'http', validateStatus: null } as const;
  const expected = { client: 'node:http' } as const;
  const table: Form[] = [
    { name: 'a stream never read', expected, run: (origin) => axios.get(`${origin}/small`, stream) }, // here
    { name: 'a stream never read, after two redirects', expected: { ...expected, path: '/small?from=*' }, run: (origin) => axios.get(`${origin}/redirect-twice`, stream) }, // here
    { name: 'a stream never read, of an error', expected: { ...expected, status: 500, path: '/error' }, run: (origin) => axios.get(`${origin}/error`, stream) }, // here
    {
      name: 'a stream never read, the call awaited by another',
      expected,
      run: async (origin) => {
        const call = async (): Promise<unknown> => axios.get(`${origin}/small`, stream); // here
        return call();
      },
    },
    { name: 'text', expected: null, run: (origin) => axios.get(`${origin}/small`, { adapter: 'http' }) },
    { name: 'text after two redirects', expected: null, run: (origin) => axios.get(`${origin}/redirect-twice`, { adapter: 'http' }) },
    { name: 'an error status', expected: null, run: (origin) => assert.rejects(axios.get(`${origin}/error`, { adapter: 'http' })) },
    { name: 'a stream that is read', expected: null, run: async (origin) => pipeline((await axios.get<IncomingMessage>(`${origin}/big`, stream)).data, new PassThrough().resume()) },
    { name: 'a stream that is destroyed', expected: null, run: async (origin) => (await axios.get<IncomingMessage>(`${origin}/big`, stream)).data.destroy() },
    { name: 'a timeout', expected: null, run: (origin) => assert.rejects(axios.get(`${origin}/never`, { adapter: 'http', timeout: 20 })) },
    { name: 'a signal', expected: null, run: (origin) => assert.rejects(axios.get(`${origin}/never`, { adapter: 'http', signal: AbortSignal.timeout(20) })) },
    { name: 'too much content', expected: null, run: (origin) => assert.rejects(axios.get(`${origin}/big`, { adapter: 'http', maxContentLength: 10 })) },
    { name: 'a fetch by axios, read', expected: null, run: (origin) => axios.get(`${origin}/small`, { adapter: 'fetch' }) },
  ];
  for (const form of table) testForm(form, () => server);
});

describe('got', async () => {
  const got = await import('got').then((module) => module.default, (error: unknown) => String(error));
  if (typeof got === 'string') {
    test('got', { skip: got }, silence);
    return;
  }
  const table: Form[] = [
    { name: 'text', expected: null, run: (origin) => got(`${origin}/small`).text() },
    { name: 'text after two redirects', expected: null, run: (origin) => got(`${origin}/redirect-twice`).text() },
    { name: 'compressed', expected: null, run: async (origin) => assert.equal(await got(`${origin}/gzip`).text(), 'hello, gzip') },
    { name: 'an error status', expected: null, run: (origin) => assert.rejects(got(`${origin}/error`, { retry: { limit: 0 } })) },
    { name: 'a retry', expected: null, run: (origin) => got(`${origin}/flaky`, { retry: { limit: 2, calculateDelay: () => 1 } }).text() },
    { name: 'a timeout', expected: null, run: (origin) => assert.rejects(got(`${origin}/never`, { timeout: { request: 20 }, retry: { limit: 0 } })) },
    { name: 'a stream that is read', expected: null, run: (origin) => pipeline(got.stream(`${origin}/big`), new PassThrough().resume()) },
    { name: 'a stream that is destroyed', expected: null, run: async (origin) => {
      const stream = got.stream(`${origin}/big`).on('error', silence);
      await once(stream, 'response');
      stream.destroy();
    } },
    { name: 'a stream never read', expected: { client: 'node:http', path: '/big' }, run: async (origin) => {
      const stream = got.stream(`${origin}/big`).on('error', silence); // here
      await once(stream, 'response');
      return stream;
    } },
  ];
  for (const form of table) testForm(form, () => server);
});
