/** Owns the entry of a fetch in the performance timeline: a PerformanceResourceTiming (Resource Timing, section 4). */
import { performance } from 'node:perf_hooks';

type Mark = (timing: object, url: string, initiator: string, global: object, cacheMode: string, body: object, status: number, delivery: string) => void;

const mark = (performance as unknown as { markResourceTiming?: Mark }).markResourceTiming;

/** The course of a fetch. Times are those of `performance.now()`, sizes are in bytes. */
export interface FetchTiming {
  /** Of the first request, with its fragment. */
  readonly url: string;
  /** When fetch was called. */
  readonly start: number;
  /** When the last redirect was followed; 0 without one. */
  readonly redirected: number;
  /** When the last response's head came; 0 if none did. */
  readonly responded: number;
  /** 0 if there is no response. */
  readonly status: number;
  /** The body as it came, and decoded. */
  readonly encodedSize: number;
  readonly decodedSize: number;
}

/**
 * Notes a fetch that is over. As with Node's own fetch, what a connection took is
 * not measured: each of its times is when the last request was begun.
 */
export function noteTiming({ url, start, redirected, responded, status, encodedSize, decodedSize }: FetchTiming): void {
  if (mark === undefined) return;
  const begun = redirected === 0 ? start : redirected;
  const timing = {
    startTime: start,
    redirectStartTime: redirected === 0 ? 0 : start,
    redirectEndTime: redirected,
    postRedirectStartTime: begun,
    finalServiceWorkerStartTime: 0,
    finalNetworkRequestStartTime: begun,
    finalNetworkResponseStartTime: responded,
    endTime: performance.now(),
    encodedBodySize: encodedSize,
    decodedBodySize: decodedSize,
    finalConnectionTimingInfo: { domainLookupStartTime: begun, domainLookupEndTime: begun, connectionStartTime: begun, connectionEndTime: begun, secureConnectionStartTime: begun, ALPNNegotiatedProtocol: undefined },
  };
  mark.call(performance, timing, url, 'fetch', globalThis, '', { encodedBodySize: encodedSize, decodedBodySize: decodedSize }, status, '');
}
