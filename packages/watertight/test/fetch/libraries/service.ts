/** The service that libraries on top of fetch are tried against: each path behaves as the services of one kind do. */
import { setImmediate as turn } from 'node:timers/promises';
import type { RawRequest } from '../../fixtures/raw-server.js';
import { answer, type Echo } from '../site.js';

type Route = (request: RawRequest) => unknown;

const JSON_TYPE = 'Content-Type: application/json';

function reply(request: RawRequest, value: unknown, status = '200 OK', fields: readonly string[] = []): void {
  request.reply(JSON.stringify(value), { status, fields: [JSON_TYPE, ...fields] });
}

async function given(request: RawRequest): Promise<any> {
  return JSON.parse(String(await request.body));
}

/** A server of its own has each test, so the first request is the one that fails. */
const atFirst = (fail: Route): Route => (request) => (request.index === 0 ? fail(request) : answer(request));

/** Events are cut where no event ends, and inside of a character. */
async function stream(request: RawRequest, events: readonly (readonly [name: string | null, data: unknown])[], stalls = false): Promise<void> {
  const text = events.map(([name, data]) => `${name === null ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`).join('');
  const { connection } = request;
  connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 97) {
    const chunk = bytes.subarray(at, at + 97);
    connection.write(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
    await turn();
  }
  if (!stalls) connection.write('0\r\n\r\n');
}

/** What every assistant says here. */
export const SAID = 'héllo wörld';

const USAGE = { input_tokens: 1, output_tokens: 2 };

/** OpenAI's chat completions; the model `stalls` begins a stream and says no more. */
async function complete(request: RawRequest): Promise<void> {
  const { stream: streams, model } = await given(request);
  const chunk = (content: string): readonly [null, unknown] => [null, { id: 'c', object: 'chat.completion.chunk', model, choices: [{ index: 0, delta: { content } }] }];
  if (streams !== true) reply(request, { id: 'c', object: 'chat.completion', model, choices: [{ index: 0, message: { role: 'assistant', content: SAID }, finish_reason: 'stop' }] });
  else if (model === 'stalls') await stream(request, [chunk('begun')], true);
  else await stream(request, [...Array.from(SAID, chunk), [null, '[DONE]']]);
}

/** Anthropic's messages; the model `stalls` as above. */
async function message(request: RawRequest): Promise<void> {
  const { stream: streams, model } = await given(request);
  const whole = { id: 'm', type: 'message', role: 'assistant', model, stop_reason: null, stop_sequence: null, usage: USAGE };
  const delta = (text: string): readonly [string, unknown] => ['content_block_delta', { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }];
  const begin: (readonly [string, unknown])[] = [
    ['message_start', { type: 'message_start', message: { ...whole, content: [] } }],
    ['content_block_start', { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }],
  ];
  if (streams !== true) reply(request, { ...whole, stop_reason: 'end_turn', content: [{ type: 'text', text: SAID }] });
  else if (model === 'stalls') await stream(request, [...begin, delta('begun')], true);
  else {
    await stream(request, [
      ...begin,
      ...Array.from(SAID, delta),
      ['content_block_stop', { type: 'content_block_stop', index: 0 }],
      ['message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: USAGE }],
      ['message_stop', { type: 'message_stop' }],
    ]);
  }
}

/** A store of objects, as S3 speaks: what is put is echoed, what is got is known or missing. */
function store(request: RawRequest): Promise<void> | void {
  if (request.method === 'PUT') return answer(request);
  if (request.target.includes('silent')) return;
  if (request.target.includes('missing')) {
    request.reply('<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none of that name</Message></Error>', { status: '404 Not Found', fields: ['Content-Type: application/xml'] });
    return;
  }
  request.reply('what was stored', { fields: ['Content-Type: text/plain', 'ETag: "1"'] });
}

const ROUTES: Readonly<Record<string, Route>> = {
  '/refused': (request) => reply(request, { message: 'bad', error: { message: 'bad', type: 'invalid_request_error' } }, '422 Unprocessable Entity'),
  '/silent': () => undefined,
  '/stalled': ({ connection }) => connection.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: 50\r\n\r\n{`),
  '/busy-once': atFirst((request) => reply(request, {}, '503 Service Unavailable', ['Retry-After: 0'])),
  '/reset-once': atFirst(({ connection }) => connection.reset()),
  '/cut-once': atFirst(({ connection }) => {
    connection.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: 50\r\n\r\n{`);
    connection.finish();
  }),
  '/v1/chat/completions': complete,
  '/v1/messages': message,
  '/v1/files': async (request) => {
    const body = String(await request.body);
    reply(request, { id: 'f', object: 'file', filename: /filename="([^"]*)"/.exec(body)?.[1], holds: body, measured: request.header('content-length') === String(Buffer.byteLength(body)) });
  },
  '/graphql': async (request) => {
    const { query, variables } = await given(request);
    reply(request, query.includes('refused') ? { errors: [{ message: 'bad' }] } : { data: { hello: 'world', given: variables ?? null } });
  },
  '/todos': async (request) => {
    if (request.method === 'POST') reply(request, await given(request), '201 Created');
    else reply(request, [{ id: 1 }], '200 OK', ['Content-Range: 0-0/1']);
  },
  '/repos/owner/name': (request) => reply(request, { name: 'name' }),
};

/** Answers a request as the service of its path does; everything else is the site's: redirects, codings, an echo. */
export async function serve(request: RawRequest): Promise<void> {
  const { pathname } = new URL(request.target, 'http://any');
  if (pathname.startsWith('/bucket/')) await store(request);
  else await (ROUTES[pathname] ?? answer)(request);
}

/** Whether the body of an echoed request came with its length, and in one piece. */
export function measured({ body, fields }: Echo): boolean {
  const value = (name: string): string | undefined => fields.find(([each]) => each.toLowerCase() === name)?.[1];
  return value('content-length') === String(Buffer.byteLength(body)) && value('transfer-encoding') === undefined;
}
