/** Owns what is known of one exchange: its state, the head of its response, and the holder record that reports read. */
import type { Duplex } from 'node:stream';
import type { HolderClient, Trace, Watched } from '../tasks/index.js';
import type { Body } from './body.js';
import type { BodyState } from './body-source.js';
import type { Request } from './request.js';
import type { Proto, ResponseParts } from './response.js';
import type { TlsState } from './tls-state.js';
import { checkMove, EXCHANGE_MOVES, type ExchangeState } from './states.js';

/** The data of an exchange. `Exchange` extends it by what is done with the data: one object, so that a request costs no second one. */
export abstract class ExchangeRecord implements ResponseParts, Watched {
  // The holder record
  readonly client: HolderClient = 'watertight';
  status = 0;
  contentLength = -1;
  openedAt = 0;
  lastReadAt = 0;
  /** When the last byte of the response came, if it came to its end. */
  arrivedAt = 0;
  abandoned = false;
  lingering = false;
  handle: object | null = null;
  nextFresh: Watched | null = null;

  // The response's head
  proto: Proto = 'HTTP/1.1';
  head = '';
  fieldsAt = 0;
  trailers = '';
  tls: TlsState | null = null;

  /** Why it failed; a read then rejects with it. */
  error: unknown = null;
  /** A byte of a response came: the request can't be sent again unnoticed. */
  answered = false;
  /** The request's body was sent, or there is none. */
  bodyWritten = true;
  /** Not a byte of the request can have reached the server. */
  nothingWritten = true;

  protected phase: ExchangeState = 'new';

  constructor(
    readonly request: Request,
    /** Where the program made the request; null where that was not recorded. */
    readonly trace: Trace | null,
  ) {}

  /** Of a connection that carries HTTP. */
  openSocket(_body: Body): Duplex | null {
    return null;
  }

  abstract get bytesRead(): number;
  abstract get awaited(): boolean;
  abstract reclaim(): void;
  abstract turnedSuspect(): void;

  get method(): string {
    return this.request.method;
  }

  get url(): string {
    return this.request.shownUrl;
  }

  get origin(): string {
    return this.request.target.origin.href;
  }

  get finished(): boolean {
    return this.phase === 'eof' || this.phase === 'closed' || this.phase === 'failed';
  }

  get bodyState(): BodyState {
    switch (this.phase) {
      case 'eof':
        return 'eof';
      case 'closed':
        return 'closed';
      case 'failed':
        return 'errored';
      default:
        return this.bytesRead === 0 ? 'unread' : 'reading';
    }
  }

  protected moveTo(phase: ExchangeState): void {
    this.phase = checkMove(EXCHANGE_MOVES, this.phase, phase);
  }
}
