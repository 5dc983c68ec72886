/** Owns the entry of a fetch in the performance timeline: a PerformanceResourceTiming (Resource Timing, section 4). */
import { performance } from 'node:perf_hooks';

type Mark = (timing: object, url: string, initiator: string, global: object, cacheMode: string, body: object, status: number, delivery: string) => void;

const mark = (performance as unknown as { markResourceTiming?: Mark }).markResourceTiming;

/** Notes a fetch whose body was read to its end. `start`: by `performance.now()`, as `response`, when the head came. */
export function noteTiming(url: string, start: number, response: number, status: number, bytes: number): void {
  if (mark === undefined) return;
  const endTime = performance.now();
  const timing = {
    startTime: start,
    redirectStartTime: 0,
    redirectEndTime: 0,
    postRedirectStartTime: start,
    finalServiceWorkerStartTime: 0,
    finalNetworkRequestStartTime: start,
    finalNetworkResponseStartTime: response,
    endTime,
    encodedBodySize: bytes,
    decodedBodySize: bytes,
    finalConnectionTimingInfo: null,
  };
  mark.call(performance, timing, url, 'fetch', globalThis, '', { encodedBodySize: bytes, decodedBodySize: bytes }, status, '');
}
