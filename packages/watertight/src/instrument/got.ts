/**
 * Owns the call sites of requests made by got. got makes its `node:http` request some turns after the
 * program's call, when the program is no longer on the stack. got's own diagnostics channels link the two: it
 * publishes one message during the call and one right after the request was made.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Trace } from '../tasks/index.js';
import { traceOf } from './call-site.js';
import { fault } from './fault.js';
import { ForeignOrigin } from './foreign-origin.js';
import { latestRequest } from './node-http.js';

interface GotMessage {
  readonly requestId: string;
  /** Without credentials. */
  readonly url: string;
  readonly method: string;
}

/** The most calls that are remembered: got does not tell that a call will never make a request. */
const MOST = 1000;

/** Call sites by request id, oldest first. An entry is not removed by its request, because redirects and retries use the same id. */
const calls = new Map<string, Trace>();

function onCreate(message: unknown): void {
  try {
    const { requestId, url } = message as GotMessage;
    if (!URL.canParse(url)) return;
    const trace = traceOf(ForeignOrigin.of(new URL(url).host), onCreate);
    if (trace === null) return;
    calls.set(requestId, trace);
    if (calls.size > MOST) for (const oldest of calls.keys()) return void calls.delete(oldest);
  } catch (error) {
    fault(error);
  }
}

function onStart(message: unknown): void {
  const { requestId, method } = message as GotMessage;
  const trace = calls.get(requestId);
  const request = latestRequest();
  if (trace !== undefined && request?.status === 0 && request.method === method) request.trace = trace;
}

function onEnd(message: unknown): void {
  calls.delete((message as GotMessage).requestId);
}

const CHANNELS = [
  ['got:request:create', onCreate],
  ['got:request:start', onStart],
  ['got:response:end', onEnd],
  ['got:request:error', onEnd],
] as const;

/** Attributes got's requests to the program's lines from now on; returns a function that ends that. */
export function observeGot(): () => void {
  for (const [name, listener] of CHANNELS) subscribe(name, listener);
  return () => {
    for (const [name, listener] of CHANNELS) unsubscribe(name, listener);
    calls.clear();
  };
}
