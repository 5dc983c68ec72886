/** Owns the two forms of a handler that undici knows, and makes the newer of the older. */
import type { Duplex } from 'node:stream';

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
  onBodySent?(chunk: Uint8Array): void;
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
  onBodySent?(chunk: Uint8Array): void;
  onRequestSent?(): void;
}

/** The handler in the newer form. @throws TypeError for what is none */
export function handlerOf(given: Handler | LegacyHandler): Handler {
  if (typeof given !== 'object' || given === null) throw new TypeError('handler must be an object');
  return typeof (given as Handler).onRequestStart === 'function' ? (given) : new FromLegacy(given);
}

class FromLegacy implements Handler {
  constructor(private readonly handler: LegacyHandler) {}

  onRequestStart(controller: Controller, context: unknown): void {
    this.handler.onConnect?.((reason) => controller.abort(reason), context);
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

  onBodySent(chunk: Uint8Array): void {
    this.handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.handler.onRequestSent?.();
  }
}
