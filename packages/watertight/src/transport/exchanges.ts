/** Owns the making of exchanges: what the options of the transport are for each, and whether content codings are offered. */
import { Exchange, ReaderStock } from '../conn/index.js';
import { StreamExchange, type Http2Settings } from '../h2/index.js';
import type { ResolvedOptions } from './options.js';
import type { RoundTrip } from './round-trip.js';

export class Exchanges {
  readonly settings: Http2Settings;

  constructor(options: ResolvedOptions, suspectFound: (origin: string) => void) {
    const limits = { maxHeadBytes: options.maxResponseHeaderBytes, maxFields: options.maxResponseHeaderFields, maxInterim: options.max1xxResponses };
    this.settings = {
      ...limits,
      readers: new ReaderStock(limits, options.lenient),
      arrived: new Set(),
      idleConnTimeout: options.idleConnTimeout,
      responseHeaderTimeout: options.responseHeaderTimeout,
      expectContinueTimeout: options.expectContinueTimeout,
      bodyIdleTimeout: options.bodyIdleTimeout,
      acceptEncodings: options.acceptEncodings,
      maxDecompressedBytes: options.maxDecompressedBytes,
      drainOnClose: options.drainOnClose,
      disableKeepAlives: options.disableKeepAlives,
      suspectFound,
    };
  }

  /** On a connection of HTTP/1.1. */
  make(trip: RoundTrip, trackLevel: number): Exchange {
    return new Exchange(trip.request, trip.trace, trackLevel, offersCodings(trip), this.settings, trip);
  }

  /** On a stream of HTTP/2. */
  makeForStream(trip: RoundTrip, trackLevel: number): StreamExchange {
    return new StreamExchange(trip.request, trip.trace, trackLevel, offersCodings(trip), this.settings, trip);
  }
}

function offersCodings({ host, request }: RoundTrip): boolean {
  const { ownHeaders } = request;
  return (
    host.acceptEncoding !== '' &&
    request.decoding === 'offered' &&
    request.method !== 'HEAD' &&
    request.method !== 'CONNECT' &&
    // Go: a range of an encoded body can't be decoded.
    (ownHeaders === null || (!ownHeaders.has('accept-encoding') && !ownHeaders.has('range')))
  );
}
