/** SDKs of language models: answers as a whole and as a stream of events, broken off and given up; uploads; errors, retries and time limits. */
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { SAID } from './service.js';
import { failure, hurried, onceAsked, trial, tryLibraries, type Place } from './trial.js';

const FILE = fileURLToPath(import.meta.url);
const MESSAGES = [{ role: 'user' as const, content: 'hello' }];
const SETTINGS = { apiKey: 'key', maxRetries: 1 };

/** What the service tells of a file that it was sent. */
interface Stored extends OpenAI.FileObject {
  readonly holds: string;
  readonly measured: boolean;
}

/** What a stream has said, and how it ended. */
async function listen(events: AsyncIterable<unknown>, textOf: (event: any) => string | null | undefined, heard?: () => Promise<void>): Promise<{ text: string; error: any }> {
  let text = '';
  try {
    for await (const event of events) {
      text += textOf(event) ?? '';
      if (text === 'begun') void heard?.();
    }
    return { text, error: null };
  } catch (error) {
    return { text, error };
  }
}

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await sleep(2);
    globalThis.gc!();
  }
}

/** A stream that was ended by a signal, though garbage was collected since it began, keeps no connection. */
async function endsAfterCollection({ server }: Place, open: (signal: AbortSignal) => Promise<AsyncIterable<unknown>>, textOf: (event: any) => string | null | undefined): Promise<void> {
  const controller = new AbortController();
  const { text } = await listen(await open(controller.signal), textOf, async () => {
    await collectGarbage();
    controller.abort();
  });
  assert.equal(text, 'begun');
  await server.connections[0].left;
}

const said = (chunk: OpenAI.ChatCompletionChunk): string | null | undefined => chunk.choices[0]?.delta.content;

const openaiTrial = trial<OpenAI>({
  library: 'openai',
  global: ({ origin }) => new OpenAI({ ...SETTINGS, baseURL: `${origin}/v1` }),
  options: { 'new OpenAI({ fetch })': ({ origin, fetch }) => new OpenAI({ ...SETTINGS, baseURL: `${origin}/v1`, fetch }) },
  checks: {
    'an answer is read as a whole': async (client) => {
      const { choices } = await client.chat.completions.create({ model: 'any', messages: MESSAGES });
      assert.equal(choices[0].message.content, SAID);
    },
    'an answer is read as a stream': async (client) => {
      const events = await client.chat.completions.create({ model: 'any', messages: MESSAGES, stream: true });
      assert.deepEqual(await listen(events, said), { text: SAID, error: null });
    },
    'a stream that is broken off gives its connection up': async (client, { server }) => {
      for await (const event of await client.chat.completions.create({ model: 'stalls', messages: MESSAGES, stream: true })) {
        assert.equal(said(event), 'begun');
        break;
      }
      await server.connections[0].left;
    },
    'a stream ends by its signal, though garbage was collected since': async (client, place) => {
      await endsAfterCollection(place, (signal) => client.chat.completions.create({ model: 'stalls', messages: MESSAGES, stream: true }, { signal }), said);
    },
    'a stream is two, and a ReadableStream': async (client) => {
      const events = await client.chat.completions.create({ model: 'any', messages: MESSAGES, stream: true });
      const [left, right] = events.tee();
      let lines = '';
      const read = async (): Promise<void> => {
        for await (const text of right.toReadableStream().pipeThrough(new TextDecoderStream())) lines += text;
      };
      const [{ text }] = await Promise.all([listen(left, said), read()]);
      assert.deepEqual([text, lines.trim().split('\n').length], [SAID, SAID.length]);
    },
    'a file in memory is sent with its length': async (client) => {
      const { filename, measured } = (await client.files.create({ file: new File(['{"a":1}'], 'a.jsonl'), purpose: 'batch' })) as Stored;
      assert.deepEqual([filename, measured], ['a.jsonl', true]);
    },
    'a stream of fs is sent as a file': async (client) => {
      const { filename, holds } = (await client.files.create({ file: createReadStream(FILE), purpose: 'batch' })) as Stored;
      assert.equal(filename, 'ai-sdks.test.js');
      assert.ok(holds.includes(await readFile(FILE, 'utf8')));
    },
    'a status that it refuses is its error, with the body': async (client) => {
      const error = await failure(client.get('/../refused'));
      assert.deepEqual([error.constructor.name, error.status, error.error.message, error.headers instanceof Headers], ['UnprocessableEntityError', 422, 'bad', true]);
    },
    'its time limit ends a request': async (client) => {
      const error = await failure(client.get('/../silent', { timeout: 30, maxRetries: 0 }));
      assert.equal(error.constructor.name, 'APIConnectionTimeoutError');
    },
    'its signal ends a request': async (client, place) => {
      const error = await failure(client.get('/../silent', { signal: onceAsked(place) }));
      assert.equal(error.constructor.name, 'APIUserAbortError');
    },
    'a connection that broke is tried again': async (client, { server }) => {
      await hurried(() => client.get('/../reset-once'));
      assert.equal(server.requests.length, 2);
    },
    'a busy server is asked again': async (client, { server }) => {
      await hurried(() => client.get('/../busy-once'));
      assert.equal(server.requests.length, 2);
    },
    'the response under an answer is a Response, which may be read instead': async (client) => {
      const asked = client.chat.completions.create({ model: 'any', messages: MESSAGES });
      const response = await asked.asResponse();
      assert.deepEqual([response instanceof Response, response.constructor === Response], [true, true]);
      assert.match(await response.text(), /chat\.completion/);
    },
  },
});

const spoken = (event: Anthropic.MessageStreamEvent): string | undefined => (event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : undefined);
const ASK = { model: 'any', max_tokens: 5, messages: MESSAGES };

const anthropicTrial = trial<Anthropic>({
  library: '@anthropic-ai/sdk',
  global: ({ origin }) => new Anthropic({ ...SETTINGS, baseURL: origin }),
  options: { 'new Anthropic({ fetch })': ({ origin, fetch }) => new Anthropic({ ...SETTINGS, baseURL: origin, fetch }) },
  checks: {
    'an answer is read as a whole': async (client) => {
      const { content } = await client.messages.create(ASK);
      assert.equal((content[0] as { text: string }).text, SAID);
    },
    'an answer is read as a stream': async (client) => {
      assert.equal(await client.messages.stream(ASK).finalText(), SAID);
      assert.deepEqual(await listen(await client.messages.create({ ...ASK, stream: true }), spoken), { text: SAID, error: null });
    },
    'a stream that is broken off gives its connection up': async (client, { server }) => {
      for await (const event of await client.messages.create({ ...ASK, model: 'stalls', stream: true })) if (spoken(event) === 'begun') break;
      await server.connections[0].left;
    },
    'a stream ends by its signal, though garbage was collected since': async (client, place) => {
      await endsAfterCollection(place, (signal) => client.messages.create({ ...ASK, model: 'stalls', stream: true }, { signal }), spoken);
    },
    'a stream of its helper is aborted': async (client, { server }) => {
      const stream = client.messages.stream({ ...ASK, model: 'stalls' });
      stream.on('text', () => stream.abort());
      assert.equal((await failure(stream.finalText())).constructor.name, 'APIUserAbortError');
      await server.connections[0].left;
    },
    'a file is sent, from memory and from a stream of fs': async (client) => {
      const memory = (await client.beta.files.upload({ file: new File(['what the file has'], 'a.txt') })) as unknown as Stored;
      assert.deepEqual([memory.filename, memory.measured], ['a.txt', true]);
      const disk = (await client.beta.files.upload({ file: createReadStream(FILE) })) as unknown as Stored;
      assert.ok(disk.holds.includes(await readFile(FILE, 'utf8')));
    },
    'a status that it refuses is its error, with the body': async (client) => {
      const { status, error } = await failure(client.get('/refused'));
      assert.deepEqual([status, error.message], [422, 'bad']);
    },
    'its time limit ends a request': async (client) => {
      assert.equal((await failure(client.get('/silent', { timeout: 30, maxRetries: 0 }))).constructor.name, 'APIConnectionTimeoutError');
    },
    'its signal ends a request': async (client, place) => {
      assert.equal((await failure(client.get('/silent', { signal: onceAsked(place) }))).constructor.name, 'APIUserAbortError');
    },
    'a connection that broke is tried again': async (client, { server }) => {
      await hurried(() => client.get('/reset-once'));
      assert.equal(server.requests.length, 2);
    },
  },
});

tryLibraries('SDKs of language models', [openaiTrial, anthropicTrial]);
