/** Owns the publication of a request, and of what its hooks are told, on our diagnostics channels. Without a subscriber, nothing of this is made. */
import { chainTraces, type ClientTrace, type GotConnInfo, type Request, type RequestObserver, type Response } from '../conn/index.js';
import { HOOK_CHANNELS, REQUEST_CHANNELS } from './channels.js';

let made = 0;

/** The request as subscribers know it: the same object in all its messages, so that they can remember things by it. */
export interface PublishedCall {
  /** Counts from 1, in this process. */
  readonly id: number;
  readonly method: string;
  /** Without user and password; query values are replaced by `*`. */
  readonly url: string;
  /** Scheme, host and port. */
  readonly origin: string;
}

/** One request that is published. */
export class RequestPublication implements RequestObserver {
  /** The request to send, with the fields that subscribers have added. */
  readonly request: Request;
  private readonly call: PublishedCall;

  /** @throws RequestError for a field of a subscriber that can't be sent */
  constructor(readonly given: Request) {
    const { method, shownUrl: url, target } = given;
    const call: PublishedCall = (this.call = Object.freeze({ id: ++made, method, url, origin: target.origin.href }));
    const { START } = REQUEST_CHANNELS;
    const headers = START.hasSubscribers ? given.headers : undefined;
    if (headers !== undefined) START.publish({ request: call, headers });
    this.request = given.observed(this, chainTraces(hooksOf(call), given.trace), headers);
  }

  answered({ status, headers, proto }: Response): void {
    if (REQUEST_CHANNELS.HEADERS.hasSubscribers) REQUEST_CHANNELS.HEADERS.publish({ request: this.call, status, headers, proto });
  }

  /** After this turn's work: the connection is being given back. */
  ended(error: unknown): void {
    if (error !== null) queueMicrotask(() => this.failed(error));
    else if (REQUEST_CHANNELS.END.hasSubscribers) queueMicrotask(() => REQUEST_CHANNELS.END.publish({ request: this.call }));
  }

  failed(error: unknown): void {
    if (REQUEST_CHANNELS.ERROR.hasSubscribers) REQUEST_CHANNELS.ERROR.publish({ request: this.call, error });
  }
}

/** What the arguments of each hook are called in its message. */
const FACTS: { readonly [K in keyof ClientTrace]-?: (...args: Parameters<NonNullable<ClientTrace[K]>>) => object } = {
  getConn: (hostPort) => ({ hostPort }),
  gotConn: (info: GotConnInfo) => ({ ...info }),
  putIdleConn: (error) => ({ error }),
  dnsStart: (info) => info,
  dnsDone: (info) => info,
  connectStart: (network, address) => ({ network, address }),
  connectDone: (network, address, error) => ({ network, address, error }),
  tlsHandshakeStart: () => ({}),
  tlsHandshakeDone: (state, error) => ({ state, error }),
  wroteHeaderField: (name, values) => ({ name, values }),
  wroteHeaders: () => ({}),
  wait100Continue: () => ({}),
  got100Continue: () => ({}),
  wroteRequest: (info) => info,
  gotFirstResponseByte: () => ({}),
  got1xxResponse: (status, headers) => ({ status, headers }),
};

/** Hooks that publish. Which channels have subscribers is looked at once for a request, and once more for each message. */
function hooksOf(request: PublishedCall): ClientTrace {
  const hooks: Record<string, (...args: never[]) => void> = {};
  for (const [name, channel] of Object.entries(HOOK_CHANNELS)) {
    const factsOf = FACTS[name as keyof ClientTrace] as (...args: unknown[]) => object;
    if (channel.hasSubscribers) hooks[name] = (...args: unknown[]) => channel.publish({ request, ...factsOf(...args) });
  }
  return hooks;
}
