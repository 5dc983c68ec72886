/** Owns who is reading a response of Go's HTTP client, so that its connection is not taken for a forgotten one. Pure. */
import { sum } from './rule.js';
import { calls, callsLike, doing, type Stack } from './stack.js';

const READ_LOOP = /^(?:net\/http|watertight)\.\(\*persistConn\)\.readLoop$/;
const HTTP2_BODY = /(?:^net\/http\.(?:\(\*)?http2|(?:^|\/)http2\.(?:\(\*)?)transportResponseBody\)?\.Read$/;
const HTTP2_ROUND_TRIP = /\.\(\*(?:http2)?[cC]lientConn\)\.(?:RoundTrip|roundTrip)$/;

const AWAITS_STREAM = /\.\(\*(?:http2)?[cC]lientConn\)\.awaitOpenSlotForStream(?:Locked)?$/;

type Count = (stack: Stack) => number;

/** A connection's read loop: Go's, or ours. */
export const isReadLoop = (stack: Stack): boolean => callsLike(stack, READ_LOOP);

const readsHttp1 = (stack: Stack): boolean => calls(stack, 'net/http.(*bodyEOFSignal).Read');
const readsHttp2 = (stack: Stack): boolean => callsLike(stack, HTTP2_BODY);

/** Whether somebody reads a body: then its connection waits for the reader, and the reader for bytes. */
export const isReading = (stack: Stack): boolean => readsHttp1(stack) || readsHttp2(stack);

/** Whether somebody writes to a client of this server what he has read of a body: then he will read on. */
export function isForwarding(stack: Stack): boolean {
  if (isReading(stack)) return false;
  if (callsLike(stack, /^net\/http\/httputil\.\(\*ReverseProxy\)\.(?:copyResponse|copyBuffer)$/)) return true;
  return callsLike(stack, /^io\.(?:Copy|CopyBuffer|CopyN|copyBuffer)$/) && callsLike(stack, /^net\/http\.\(\*(?:response|http2responseWriter)\)\.|\/http2\.\(\*responseWriter\)\./);
}

/** Requests over HTTP/2 that the server's limit of concurrent streams keeps waiting; their round trip waits as well. */
export const awaitsStream = (stack: Stack): boolean => callsLike(stack, AWAITS_STREAM);

/** Requests over HTTP/2 that wait for their stream or for the response's head. */
export const awaitsHttp2 = (stack: Stack): boolean => HTTP2_ROUND_TRIP.test(doing(stack));

/** Requests over HTTP/1.1 that wait for the response's head. */
export const awaitsHead = (stack: Stack): boolean => doing(stack) === 'net/http.(*persistConn).roundTrip';

/** Readers of bodies that came over HTTP/1.1, or whose goroutine does not show over what. */
export function http1Readers(all: readonly Stack[], of: Count): number {
  return sum(all.filter((stack) => readsHttp1(stack) || isForwarding(stack)), of);
}

/** Streams over HTTP/2 that somebody reads, or whose response's head somebody waits for. Who forwards reads one of them, if it is none of HTTP/1.1. */
export function http2Readers(all: readonly Stack[], of: Count): number {
  const certain = sum(all.filter((stack) => readsHttp2(stack) || awaitsHttp2(stack)), of) - sum(all.filter(awaitsStream), of);
  const loops = sum(all.filter(isReadLoop), of) - sum(all.filter(readsHttp1), of);
  return certain + Math.max(0, sum(all.filter(isForwarding), of) - Math.max(0, loops));
}
