/** Owns one call of `fetch` on its way: its requests, one after a redirect after the other, up to the response. */
import { performance } from 'node:perf_hooks';
import { dropBody, isRedirect, type Client } from '../client/index.js';
import { parseTarget, Request, type Response as OurResponse } from '../conn/index.js';
import type { Trace } from '../tasks/index.js';
import { isObserved, PublishedRequest } from '../transport/index.js';
import { RequestError } from '../wire/index.js';
import { isBadPort } from './bad-ports.js';
import { awaitedFailure, networkError } from './error.js';
import type { FetchCall } from './fetch-call.js';
import { FetchResponse, OPAQUE, type FetchHead, type ResponseType } from './fetch-response.js';
import { matchesIntegrity } from './integrity.js';
import { MemoryBody } from './memory-body.js';
import type { EndListener, UnreadBody } from './fetch-source.js';
import { originField } from './origin.js';
import { nextRequest } from './redirect.js';
import { policyOf, refererOf } from './referrer.js';
import { noteTiming } from './timing.js';

/** Who called, for the report of a leak: the function, and the stack above it if it was captured. */
export interface Caller {
  readonly entry: (...args: never[]) => unknown;
  readonly trace: Trace | null;
}

/** Statuses whose responses have no body (Fetch standard, "null body status"). */
const NULL_BODY = new Set([101, 103, 204, 205, 304]);

/** One call. It is alive until its body was read: an observer is told of the end, and a signal may follow another only as long as its Request lives. */
export class FetchTrip implements EndListener {
  private readonly startedAt = performance.now();
  private readonly isStream: boolean;
  private readonly timeout: number;
  /** The Origin field is not the program's. */
  private readonly ownsOrigin: boolean;
  private referrerPolicy: string;
  private redirects = 0;
  /** A server has said that it does not answer for this origin on this connection, and is asked on another, once. */
  private misdirected = false;
  /** Another origin than the first one is asked, or was. */
  private tainted = false;
  private response: OurResponse | null = null;
  private firstUrl = '';
  private redirectedAt = 0;
  private respondedAt = 0;
  private noted = false;
  /** Null where nobody observes. */
  private published: PublishedRequest | null = null;

  constructor(
    private readonly client: Client,
    private readonly call: FetchCall,
    private readonly caller: Caller,
    private readonly resolve: (response: Response | Promise<never>) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    this.isStream = call.body !== null && call.body.isStream;
    this.referrerPolicy = call.referrerPolicy;
    this.timeout = client.limit;
    this.ownsOrigin = call.client !== null && !call.fields.has('origin');
  }

  /** An abort comes after what is wrong with the request itself. @throws RequestError for what can't be sent, TypeError for a URL that `fetch` refuses */
  start(): void {
    const { call } = this;
    const { signal } = call;
    let request: Request;
    try {
      // A relative URL gets an origin and is tried again, with a body that no request has let go of.
      if (call.body !== null) parseTarget(call.url);
      request = new Request(call.url, { method: call.method, headers: call.fields, body: call.body?.init ?? null, signal, redirect: 'manual', timeout: this.timeout });
    } catch (error) {
      // A URL with another scheme makes a request like any other, which then fails, unless it was aborted.
      if (signal === null || !signal.aborted || !(error instanceof RequestError) || error.code !== 'ERR_INVALID_URL' || !URL.canParse(call.url)) throw error;
      this.reject(signal.reason);
      return;
    }
    if (request.target.authorization !== null) throw new TypeError('Request cannot be constructed from a URL that includes credentials');
    // The platform's Response can't have the status 101.
    if (request.upgrade !== null) throw new TypeError('fetch switches no protocol: the headers Upgrade and Connection: upgrade are for get() and request()');
    if (signal !== null && signal.aborted) {
      request.body?.release(signal.reason);
      this.reject(signal.reason);
      return;
    }
    // To the standard these are other schemes, or the host `unix`.
    if (request.target.origin.socketPath !== null) throw new RequestError('ERR_INVALID_URL', 'fetch takes no URL of a Unix socket, as the Fetch standard has none: use get() or request(), or createFetch({ transport: new Transport({ socketPath }) })');
    if (isBadPort(request.target.origin.port)) throw new RequestError('ERR_INVALID_URL', 'bad port');
    this.firstUrl = call.url.includes('#') ? new URL(call.url).href : request.url;
    this.send(this.dressed(request));
  }

  private send(request: Request): void {
    request.entry = this.caller.entry;
    request.callSite = this.caller.trace;
    request.decoding = 'all';
    if (isObserved()) this.sendObserved(request);
    else this.client.hop(request, this.startedAt, (response) => this.take(request, response), this.fail);
  }

  private sendObserved(given: Request): void {
    const { request, published } = PublishedRequest.of(given);
    this.published = published;
    this.client.hop(
      request,
      this.startedAt,
      (response) => {
        published.answered(response);
        this.take(request, response);
      },
      this.fail,
    );
  }

  private readonly fail = (error: unknown): void => {
    // Whoever observes a request waits for its end, wherever it is refused.
    this.published?.failed(error);
    const { signal } = this.call;
    if (signal !== null && signal.aborted) {
      this.reject(signal.reason);
      return;
    }
    this.note(0, 0);
    this.resolve(awaitedFailure(() => networkError('fetch failed', error)));
  };

  private take(request: Request, response: OurResponse): void {
    if (isRedirect(response.status) && this.call.redirect !== 'manual') {
      this.redirect(request, response).catch(this.fail);
      return;
    }
    const { body } = request;
    if (response.status === 421 && !this.misdirected && (body === null || body.replayable)) this.askElsewhere(request, response).catch(this.fail);
    else this.give(request, response);
  }

  private give(request: Request, response: OurResponse): void {
    const { status } = response;
    const refusal = refusalOf(status);
    if (refusal !== null) {
      void response.close();
      this.fail(refusal);
      return;
    }
    const opaque = this.type === 'opaque';
    const body = !opaque && hasBody(request, response) ? response.body : null;
    // A 205 may come with a body, which the response of the standard does not have; an opaque one shows none.
    if (body === null && response.body.state !== 'eof') void response.close();
    this.response = response;
    this.respondedAt = performance.now();
    if (body === null) this.bodyEnded(0);
    if (this.call.integrity !== '') this.check(response, body !== null).catch(this.fail);
    else this.respond(opaque ? OPAQUE : response, body, this);
  }

  /** In the mode `no-cors`, nothing is told of another origin's response (Fetch standard, "opaque filtered response"). */
  private get type(): ResponseType {
    if (!this.tainted) return 'basic';
    return this.call.mode === 'no-cors' ? 'opaque' : 'cors';
  }

  private respond(response: FetchHead, body: UnreadBody | null, listener: EndListener | null): void {
    const opaque = this.type === 'opaque';
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is an instance by its prototype
    this.resolve(new FetchResponse(response, this.type, !opaque && this.redirects > 0, body, this.call.signal, listener));
  }

  /** Sends it again after a 421, on a new connection (Fetch standard, "HTTP-network-or-cache fetch"). */
  private async askElsewhere(request: Request, response: OurResponse): Promise<void> {
    const { signal } = this.call;
    this.misdirected = true;
    await response.close();
    this.published?.ended(response.trailers);
    if (signal !== null && signal.aborted) throw signal.reason;
    const again = new Request(request, { timeout: this.left() });
    again.fresh = true;
    this.send(again);
  }

  /** Milliseconds that are left of the call's time; 0: no limit. */
  private left(): number {
    return this.timeout === 0 ? 0 : Math.max(1, this.startedAt + this.timeout - performance.now());
  }

  bodyFailed(error: unknown, size: number): void {
    this.published?.failed(error);
    this.note(this.response!.status, size);
  }

  bodyEnded(size: number): void {
    this.published?.ended(this.response!.trailers);
    this.note(this.response!.status, size);
  }

  private note(status: number, decodedSize: number): void {
    if (this.noted) return;
    this.noted = true;
    const { firstUrl: url, startedAt: start, redirectedAt: redirected, respondedAt: responded, response } = this;
    // A RoundTripper of the program may give a response that does not count.
    const encodedSize = response === null ? 0 : ((response.bytesRead as number | undefined) ?? Math.max(0, response.contentLength));
    noteTiming({ url, start, redirected, responded, status, encodedSize, decodedSize });
  }

  /** The whole body must be here before anything of it is given out; where there is none, there is nothing that could hold (Fetch standard, "main fetch"). */
  private async check(response: OurResponse, hasBody: boolean): Promise<void> {
    if (!hasBody) throw new Error('there is no body, so its integrity can\'t be checked');
    const bytes = await response.bytes().catch((error: unknown) => {
      this.published?.failed(error);
      throw error;
    });
    this.published?.ended(response.trailers);
    if (!matchesIntegrity(bytes, this.call.integrity)) throw new Error('integrity mismatch');
    this.note(response.status, bytes.length);
    this.respond(response, new MemoryBody(bytes), null);
  }

  private async redirect(request: Request, response: OurResponse): Promise<void> {
    const { call } = this;
    let next: Request;
    try {
      if (call.redirect === 'error') throw new Error('unexpected redirect');
      const location = response.headers.getSingle('location');
      if (location === null) {
        this.give(request, response);
        return;
      }
      const policy = policyOf(response.headers.get('referrer-policy'));
      if (policy !== '') this.referrerPolicy = policy;
      const facts = { status: response.status, location, url: new URL(request.url), method: request.method, mode: call.mode, fields: request.headers, hasBody: request.body !== null, isStream: this.isStream, count: this.redirects };
      const to = nextRequest(facts);
      if (isBadPort(Number(to.url.port === '' ? 80 : to.url.port))) throw new Error('bad port');
      if (to.url.origin !== new URL(this.firstUrl).origin) this.tainted = true;
      // One that the program has set itself goes along.
      if (call.referrer !== null) to.headers.delete('referer');
      if (this.ownsOrigin) to.headers.delete('origin');
      next = request.redirected(to, this.left());
      if (!to.keepBody) request.body?.release(new Error('the redirect is followed without the body'));
    } catch (error) {
      request.body?.release(error);
      await response.close();
      throw error;
    }
    await this.drop(response);
    if (call.signal !== null && call.signal.aborted) throw call.signal.reason;
    this.redirects++;
    this.misdirected = false;
    this.redirectedAt = performance.now();
    this.send(this.dressed(next));
  }

  /** A short rest that has arrived already saves the connection; for what has not, nothing waits. */
  private async drop(response: OurResponse): Promise<void> {
    const { published } = this;
    const dropped = dropBody(response).then(() => published?.ended(response.trailers));
    const { state } = response.body;
    if (state !== 'unread' && state !== 'reading') await dropped;
  }

  /** With the fields that say where the request comes from. */
  private dressed(request: Request): Request {
    const { client, referrer } = this.call;
    if (client === null && referrer === null) return request;
    const { headers, method } = request;
    const to = new URL(request.url);
    const policy = this.referrerPolicy;
    const referer = referrer === null ? null : refererOf(referrer, to, policy);
    if (referer !== null) headers.set('Referer', referer);
    const origin = this.ownsOrigin ? originField(client!, to, { method, policy, tainted: this.tainted }) : null;
    if (origin !== null) headers.set('Origin', origin);
    return referer === null && origin === null ? request : new Request(request, { headers });
  }
}

/** Whether the standard gives the response a body, which may be an empty one. */
function hasBody(request: Request, response: OurResponse): boolean {
  return request.method !== 'HEAD' && !NULL_BODY.has(response.status);
}

/** Why the Fetch standard has no response with this status. */
function refusalOf(status: number): Error | null {
  if (status > 599) return new RangeError(`the status is ${status}; a Response of the Fetch standard has one from 200 to 599`);
  // Nobody can be asked for a password here ("HTTP-network-or-cache fetch": there is no traversable for user prompts).
  if (status === 407) return new Error('the status is 407: a proxy wants a user and a password, which fetch does not send');
  return null;
}
