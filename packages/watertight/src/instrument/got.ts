/**
 * Owns the line of a request made by got. got makes its `node:http` request
 * some turns after the program's call, when nothing of the program is on the
 * stack any more; its own channels say which call a request belongs to: one
 * is published in the call, one right after the request was made.
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

/** Calls that are remembered: of those that never come to a request nobody tells. */
const MOST = 1000;

/** By request id, the oldest first. Kept until the end: redirects and retries have the same id. */
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

/** Has got's requests put down to the program's lines from now on; returns what ends that. */
export function observeGot(): () => void {
  for (const [name, listener] of CHANNELS) subscribe(name, listener);
  return () => {
    for (const [name, listener] of CHANNELS) unsubscribe(name, listener);
    calls.clear();
  };
}
