/** One request as a program makes it: sent, read in one of the ways, given up or closed. It says what came of it and what must not have. */

import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, createFetch, Response as OurResponse } from 'watertight';
import { bodyOf } from './order.js';
import type { Plan } from './plan.js';
import { bodyFor, sourceFailure } from './sending.js';

export interface Outcome {
  readonly kind: 'answered' | 'closed' | 'gave up' | 'timed out' | 'failed';
  /** The code of the error. */
  readonly code: string;
  /** What must not be, if it is. */
  readonly fault: string | null;
}

export interface Tools {
  readonly client: Client;
  readonly fetch: ReturnType<typeof createFetch>;
  /** Never aborted, and shared by all requests that have no other. */
  readonly lasting: AbortSignal;
}

const enough = new Error('the program gave up');
/** An answer whose connection may have ended as the request was written, and which must not be sent twice. */
const LANGUAGE = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'AssertionError']);
const LOST = new Set(['ERR_CONNECTION_CLOSED', 'ERR_CONNECTION_LOST']);

export async function play(plan: Plan, tools: Tools): Promise<Outcome> {
  const cancel = new AbortController();
  const timer = plan.givingUp === 'abort' ? setTimeout(() => cancel.abort(enough), plan.patience) : undefined;
  if (plan.givingUp === 'aborted before') cancel.abort(enough);
  const signal = plan.givingUp === null || plan.givingUp === 'time limit' ? tools.lasting : cancel.signal;
  try {
    const fault = plan.byFetch ? await byFetch(plan, tools, signal) : await byClient(plan, tools, signal);
    const closed = plan.reading.startsWith('close') || plan.reading === 'await using';
    return { kind: closed ? 'closed' : 'answered', code: '', fault };
  } catch (error) {
    return judgeError(plan, error);
  } finally {
    clearTimeout(timer);
  }
}

async function byClient(plan: Plan, { client }: Tools, signal: AbortSignal): Promise<string | null> {
  const { body, length, headers } = bodyFor(plan.sending);
  const timeout = plan.givingUp === 'time limit' ? 1 + plan.patience : plan.timeout;
  const response = await client.request(plan.url, { method: body === null ? 'GET' : 'POST', body, headers, signal, timeout });
  const received = response.headers.get('x-received');
  return judgeAnswer(plan, response.status, await read(plan, response), received === null ? null : Number(received), length);
}

async function byFetch(plan: Plan, { fetch }: Tools, signal: AbortSignal): Promise<string | null> {
  const { body, length, headers } = bodyFor(plan.sending);
  // The limit of time is a signal there; it lives no longer than it.
  const limit = AbortSignal.timeout(plan.givingUp === 'time limit' ? 1 + plan.patience : plan.timeout);
  const kind = typeof body === 'function' ? body() : body;
  const response = await fetch(plan.url, { method: kind === null ? 'GET' : 'POST', body: kind as never, headers, signal: AbortSignal.any([signal, limit]), ...(kind === null ? {} : { duplex: 'half' }) });
  const received = response.headers.get('x-received');
  let text: string | null = null;
  if (plan.reading.startsWith('close') || plan.reading === 'await using') {
    const reader = response.body?.getReader();
    if (plan.reading === 'close half read') await reader?.read();
    await reader?.cancel();
  } else if (plan.reading === 'iterate') {
    text = '';
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString('latin1');
  } else text = await response.text();
  return judgeAnswer(plan, response.status, text, received === null ? null : Number(received), length);
}

/** The body in the way of the plan; null: it was closed before its end. */
async function read(plan: Plan, response: OurResponse): Promise<string | null> {
  switch (plan.reading) {
    case 'text':
    case 'json':
      // What is no JSON is not our client's fault.
      return plan.reading === 'json' && response.status === 200 && plan.expects === 'answer' && plan.sending === 'nothing' ? JSON.stringify(await response.json()) : response.text();
    case 'bytes':
      return Buffer.from(await response.bytes()).toString('latin1');
    case 'iterate': {
      let text = '';
      for await (const chunk of response.body) text += Buffer.from(chunk).toString('latin1');
      return text;
    }
    case 'read into': {
      const into = new Uint8Array(3000);
      let text = '';
      for (let count = await response.body.read({ into }); count !== null; count = await response.body.read({ into })) text += Buffer.from(into.subarray(0, count)).toString('latin1');
      return text;
    }
    case 'web stream':
      return new Response(response.body.toReadableStream()).text();
    case 'node stream': {
      let text = '';
      const stream = response.body.toReadable();
      for await (const chunk of stream) text += (chunk as Buffer).toString('latin1');
      if (!stream.destroyed) await once(stream, 'close');
      return text;
    }
    case 'save': {
      const path = join(tmpdir(), `soak-${process.pid}-${plan.number}`);
      try {
        await response.saveTo(path);
      } finally {
        await rm(path, { force: true });
      }
      return null;
    }
    case 'close unread':
      await response.close();
      return null;
    case 'close half read':
      await response.body.read(100);
      await response.close();
      return null;
    case 'await using': {
      await using held = response;
      await held.body.read(10);
      return null;
    }
  }
}

function judgeAnswer(plan: Plan, status: number, text: string | null, received: number | null, sent: number | null): string | null {
  // How a corpus case is read is its own tests' matter.
  // What a server sent on the idle connection before it had this request looks like the answer to it, to every client.
  if (text === null || status === 408 || plan.order.fault === 'corpus') return null;
  if (plan.expects === 'error') return `a response of ${status} with ${text.length} letters, though it was to fail`;
  if (status !== 200) return plan.expects === 'either' ? null : `status ${status}`;
  if (text !== bodyOf(plan.order)) return `a body that is not its own: ${text.length} letters, ${JSON.stringify(text.slice(0, 60))}`;
  if (received !== null && sent !== null && received !== sent && received !== 0) return `${received} bytes of its body arrived, of ${sent}`;
  return null;
}

function judgeError(plan: Plan, error: unknown): Outcome {
  const { name, code, cause } = error as { name?: string; code?: string; cause?: Error & { code?: string } };
  const shown = code ?? cause?.code ?? name ?? typeof error;
  const outcome = (kind: Outcome['kind'], fault: string | null = null): Outcome => ({ kind, code: shown, fault });
  if (error === enough) return outcome('gave up', plan.givingUp === null ? 'it was cancelled, and nobody did' : null);
  if (name === 'TimeoutError') return outcome('timed out', plan.expects === 'answer' && plan.givingUp !== 'time limit' ? 'no answer in all its time' : null);
  // An error that nobody made: of the language, or of Node.
  // `fetch` fails with a TypeError, as the standard says, and has the reason as its cause.
  const own = typeof code === 'string' || error === sourceFailure || (plan.byFetch && name === 'TypeError' && cause instanceof Error && !LANGUAGE.has(cause.name));
  if (!own) return outcome('failed', `an error without a code: ${(error as Error).stack}; its cause: ${String(cause?.stack)}`);
  const mayFail = plan.expects !== 'answer' || plan.sending === 'failing iterable' || (plan.sending !== 'nothing' && LOST.has(shown));
  return outcome('failed', mayFail ? null : `${shown}: ${(error as Error).message}${cause === undefined ? '' : ` (${String(cause)})`}`);
}
