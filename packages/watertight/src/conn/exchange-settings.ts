/** Owns what an exchange is given by the transport: the options that apply to it, and the functions that it reports to. */
import type { CodingName } from '../coding/index.js';
import type { ReaderStock } from './reader-stock.js';
import type { Response } from './response.js';

/** The options of a transport that apply to an exchange. Milliseconds and bytes; for times, 0 means no limit. */
export interface ExchangeSettings {
  /** Response readers that no exchange uses at the moment. */
  readonly readers: ReaderStock;
  readonly responseHeaderTimeout: number;
  readonly expectContinueTimeout: number;
  readonly bodyIdleTimeout: number;
  /** What is offered, and undone if it was. */
  readonly acceptEncodings: readonly CodingName[];
  readonly maxDecompressedBytes: number;
  readonly drainOnClose: number;
  readonly disableKeepAlives: boolean;
  /** A response from this origin has made no progress for long: from now on, record the call sites of its requests. */
  readonly suspectFound: (origin: string) => void;
}

/** What decides whether the request of a failed exchange may be sent again. */
export interface FailedExchange {
  /** A byte of a response came. */
  readonly answered: boolean;
  /** Not a byte of the request can have reached the server. */
  readonly nothingWritten: boolean;
  /** Its connection had served a request before. Only known over HTTP/2: there, others may have followed it meanwhile. */
  readonly reused?: boolean;
  /** The server has said, by GOAWAY or REFUSED_STREAM, that it has not processed the request. */
  readonly refused?: boolean;
  /** The server has said so, and that it wants the request over HTTP/1.1. */
  readonly wantsHttp1?: boolean;
}

/** What an exchange reports to: the round trip that it serves. */
export interface ExchangeOwner {
  /** The final response is here; its body may or may not be. */
  onResponse(response: Response): void;
  /** There will be no response. */
  onFailure(exchange: FailedExchange, error: Error): void;
  /** The exchange has ended after a response and holds nothing any more. */
  onFinished(): void;
}
