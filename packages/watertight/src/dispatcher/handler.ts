/** Owns the two forms of a handler that undici knows, and makes the newer of the older. */
import type { Duplex } from 'node:stream';
import type { DispatchErrors } from './dispatch-error.js';

/** Field values by name in lower case; a name that comes more than once has a list. */
export type FieldRecord = Record<string, string | string[]>;

/** What a handler can do with its request. */
export interface Controller {
  readonly aborted: boolean;
  readonly paused: boolean;
  readonly reason: unknown;
  /** Names and values in turn, as they came. */
  rawHeaders: Buffer[] | null;
  rawTrailers: Buffer[] | null;
  abort(reason?: unknown): void;
  pause(): void;
  resume(): void;
}

/** The handler of undici 7 and 8. */
export interface Handler {
  onRequestStart?(controller: Controller, context: unknown): void;
  onRequestUpgrade?(controller: Controller, status: number, headers: FieldRecord, socket: Duplex): void;
  onResponseStarted?(): void;
  onResponseStart?(controller: Controller, status: number, headers: FieldRecord, statusText?: string): void;
  onResponseData?(controller: Controller, chunk: Buffer): void;
  onResponseEnd?(controller: Controller, trailers: FieldRecord): void;
  onResponseError?(controller: Controller | null, error: unknown): void;
  /** A chunk of the request's body, as its source gave it, was written to the socket. */
  onBodySent?(chunk: unknown): void;
  /** The whole request was. */
  onRequestSent?(): void;
}

/** The handler up to undici 6, which Node 20 and 22 have inside, and which undici 7 still takes. */
export interface LegacyHandler {
  onConnect?(abort: (reason?: unknown) => void, context?: unknown): void;
  onUpgrade?(status: number, headers: Buffer[], socket: Duplex): void;
  onResponseStarted?(): void;
  onHeaders?(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean | undefined;
  onData?(chunk: Buffer): boolean | undefined;
  onComplete?(trailers: Buffer[]): void;
  onError?(error: unknown): void;
  onBodySent?(chunk: unknown): void;
  onRequestSent?(): void;
}

const NEWER = ['onRequestStart', 'onResponseStarted', 'onResponseStart', 'onResponseData', 'onResponseEnd', 'onBodySent', 'onRequestSent'] as const;
const OLDER = ['onConnect', 'onResponseStarted', 'onHeaders', 'onData', 'onComplete', 'onBodySent', 'onRequestSent'] as const;

/** The handler in the newer form. @throws InvalidArgumentError of undici for what is none, or can't be told of a failure */
export function handlerOf(given: Handler | LegacyHandler, { InvalidArgumentError }: DispatchErrors): Handler {
  if (typeof given !== 'object' || (given as unknown) === null) throw new InvalidArgumentError('handler must be an object');
  const newer = isNewer(given);
  const failed = newer ? 'onResponseError' : 'onError';
  if (typeof (given as Record<string, unknown>)[failed] !== 'function') throw new InvalidArgumentError(`invalid ${failed} method`);
  return newer ? given : new FromLegacy(given);
}

/** The name of a method of the handler that is none, or that is missing where the request is to leave HTTP; null if there is none. */
export function faultOf(given: Handler | LegacyHandler, leavesHttp: boolean): string | null {
  const methods = given as Record<string, unknown>;
  const upgraded = isNewer(given) ? 'onRequestUpgrade' : 'onUpgrade';
  if (leavesHttp && typeof methods[upgraded] !== 'function') return upgraded;
  return (isNewer(given) ? NEWER : OLDER).find((name) => methods[name] !== undefined && typeof methods[name] !== 'function') ?? null;
}

function isNewer(given: Handler | LegacyHandler): given is Handler {
  return 'onRequestStart' in given || 'onResponseError' in given;
}

class FromLegacy implements Handler {
  constructor(private readonly handler: LegacyHandler) {}

  onRequestStart(controller: Controller, context: unknown): void {
    this.handler.onConnect?.((reason) => controller.abort(reason), context);
  }

  onRequestUpgrade(controller: Controller, status: number, _headers: FieldRecord, socket: Duplex): void {
    this.handler.onUpgrade?.(status, controller.rawHeaders ?? [], socket);
  }

  onResponseStarted(): void {
    this.handler.onResponseStarted?.();
  }

  onResponseStart(controller: Controller, status: number, _headers: FieldRecord, statusText = ''): void {
    if (this.handler.onHeaders?.(status, controller.rawHeaders ?? [], () => controller.resume(), statusText) === false) controller.pause();
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.handler.onData?.(chunk) === false) controller.pause();
  }

  onResponseEnd(controller: Controller): void {
    this.handler.onComplete?.(controller.rawTrailers ?? []);
  }

  onResponseError(_controller: Controller | null, error: unknown): void {
    this.handler.onError?.(error);
  }

  onBodySent(chunk: unknown): void {
    this.handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.handler.onRequestSent?.();
  }
}
