/** Owns what an exchange is told from above: the transport's options that it goes by, and whom it reports to. */
import type { ReaderStock } from './reader-stock.js';
import type { Exchange } from './exchange.js';
import type { Response } from './response.js';

/** What of a transport's options an exchange goes by. Milliseconds and bytes; 0 is no limit for times. */
export interface ExchangeSettings {
  /** Response readers that wait for use. */
  readonly readers: ReaderStock;
  readonly responseHeaderTimeout: number;
  readonly expectContinueTimeout: number;
  readonly bodyIdleTimeout: number;
  readonly maxDecompressedBytes: number;
  readonly drainOnClose: number;
  readonly disableKeepAlives: boolean;
  /** An origin's response made no progress for long: from now on record who opens them. */
  readonly suspectFound: (exchange: Exchange) => void;
}

/** Whom an exchange reports to: the round trip it serves. */
export interface ExchangeOwner {
  /** The final response is here; its body may or may not be. */
  onResponse(response: Response): void;
  /** There will be no response. */
  onFailure(exchange: Exchange, error: Error): void;
  /** The exchange holds nothing any more. */
  onFinished(): void;
}
