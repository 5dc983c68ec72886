/** What programs and SDKs do with the fetch that they were given: files and streams go out whole, and what comes back is a Response like any other. */
import assert from 'node:assert/strict';
import { createReadStream, openAsBlob } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { field, type Echo } from '../site.js';
import { measured } from './service.js';
import { declareTrial, failure, trial, type Fetch } from './trial.js';

const FILE = fileURLToPath(import.meta.url);
const half = (body: unknown): RequestInit => ({ method: 'POST', body, duplex: 'half' }) as RequestInit;

/** The file arrived as it is on the disk; `in chunks`, or with its `length`. */
async function arrived(sent: Promise<Response>, how: 'in chunks' | 'with its length'): Promise<void> {
  const echo = (await (await sent).json()) as Echo;
  assert.equal(echo.body, await readFile(FILE, 'utf8'));
  if (how === 'in chunks') assert.deepEqual([field(echo, 'transfer-encoding'), field(echo, 'content-length')], ['chunked', undefined]);
  else assert.ok(measured(echo));
}

const plain = trial<Fetch>({
  library: 'fetch',
  global: () => (...request) => globalThis.fetch(...request),
  options: { 'an imported fetch': ({ fetch }) => fetch },
  checks: {
    'a stream of fs is sent in chunks': async (client, { origin }) => {
      await arrived(client(origin, half(createReadStream(FILE))), 'in chunks');
      await arrived(client(origin, half(Readable.toWeb(createReadStream(FILE)))), 'in chunks');
      await arrived(client(new Request(origin, half(Readable.toWeb(createReadStream(FILE))))), 'in chunks');
    },
    'a stream of fs with the length that the program says is sent with that': async (client, { origin }) => {
      const headers = { 'Content-Length': String((await stat(FILE)).size) };
      await arrived(client(origin, { ...half(createReadStream(FILE)), headers }), 'with its length');
    },
    'a blob of a file, and a File, are sent with their length': async (client, { origin }) => {
      await arrived(client(origin, { method: 'POST', body: await openAsBlob(FILE) }), 'with its length');
      await arrived(client(origin, { method: 'POST', body: new File([await openAsBlob(FILE)], 'a.ts') }), 'with its length');
      await arrived(client(new Request(origin, { method: 'PUT', body: new File([await readFile(FILE)], 'a.ts') })), 'with its length');
    },
    'a form with a file of the disk is sent with its length': async (client, { origin }) => {
      const form = new FormData();
      form.set('file', await openAsBlob(FILE), 'a.ts');
      const echo = (await (await client(origin, { method: 'POST', body: form })).json()) as Echo;
      assert.ok(measured(echo) && echo.body.includes(await readFile(FILE, 'utf8')));
    },
    'what is read is decoded on its way, through streams of both kinds': async (client, { origin }) => {
      const text = 'ä€𝄞'.repeat(20_000);
      const ask = async (): Promise<ReadableStream<Uint8Array>> => (await client(origin, { method: 'POST', body: text })).body!;
      const whole = async (chunks: AsyncIterable<string | Buffer>): Promise<string> => {
        let all = '';
        for await (const chunk of chunks) all += String(chunk);
        return (JSON.parse(all) as Echo).body;
      };
      assert.equal(await whole((await ask()).pipeThrough(new TextDecoderStream())), text);
      const node = Readable.fromWeb((await ask()) as never);
      node.setEncoding('utf8');
      assert.equal(await whole(node), text);
      let length = 0;
      await pipeline(await ask(), new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, chunk) }), async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) length += chunk.length;
      });
      assert.ok(length > Buffer.byteLength(text));
    },
    'the response is a Response, may be copied and made again': async (client, { origin }) => {
      const response = await client(origin);
      assert.deepEqual([response instanceof Response, response.constructor === Response, Object.prototype.toString.call(response), response.headers instanceof Headers, response.body instanceof ReadableStream], [true, true, '[object Response]', true, true]);
      const [copy, again] = [response.clone(), new Response(response.body, response)];
      assert.deepEqual([copy instanceof Response, again.status, again.headers.get('content-type')], [true, 200, 'application/json']);
      assert.equal(await copy.text(), await again.text());
    },
    'a response is piped to a server\'s answer': async (client, { origin, serve }) => {
      const proxy = await serve({ onRequest: async ({ connection }) => {
        const { body, status } = await client(origin);
        connection.write(`HTTP/1.1 ${status} OK\r\n\r\n`);
        await pipeline(body!, connection.socket);
      } });
      assert.match(await (await client(proxy.origin)).text(), /"method":"GET"/);
    },
  },
  // Node's own fetch may not listen yet when the stream fails.
  ours: {
    'a file that cannot be read is the cause': async (client, { origin }) => {
      const { name, cause } = await failure(client(origin, half(createReadStream('/no/such/file'))));
      assert.deepEqual([name, cause.code], ['TypeError', 'ENOENT']);
    },
  },
});

declareTrial(plain);
