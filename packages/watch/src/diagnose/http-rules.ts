/** Owns the rules about HTTP clients: Go's net/http, this project's, and others that are observed in a Node process. */
import { amount, sum, type Rule } from './rule.js';
import { calls, callsLike, doing, type Stack } from './stack.js';

/** A connection's read loop: Go's, or ours. */
const READ_LOOP = /^(?:net\/http|watertight)\.\(\*persistConn\)\.readLoop$/;
const WRITE_LOOP = /^(?:net\/http|watertight)\.\(\*persistConn\)\.writeLoop$/;
/** A response of another client in a Node process. */
const OBSERVED = /^(?:(?:undici|fetch|node:http)\.|watertight\.\(\*Response\)\.body$)/;

const isReadLoop = (stack: Stack): boolean => callsLike(stack, READ_LOOP);
const isWriteLoop = (stack: Stack): boolean => callsLike(stack, WRITE_LOOP);

const isNode = (stack: Stack): boolean => callsLike(stack, /^watertight\.\(/) || callsLike(stack, OBSERVED);

/** A read loop that waits for bytes that nobody has asked for; in Go also before the response's head, which looks the same. */
function isIdle(stack: Stack): boolean {
  // Below an idle connection's loop stands nothing; where there are labels, one says it.
  if (isNode(stack)) return 'verdict' in stack.labels ? stack.labels.verdict === 'idle' : stack.frames.length === 1;
  return calls(stack, 'bufio.(*Reader).Peek') || calls(stack, 'net/http.(*persistConn).Read') || stack.state === 'IO wait';
}

/** A request in Node that waits for its response, or for more of it. In text and in labels the state says so. */
function isInFlight(stack: Stack): boolean {
  return (isReadLoop(stack) || callsLike(stack, OBSERVED)) && isNode(stack) && !isIdle(stack) && (stack.state ?? stack.labels.state)?.toLowerCase() === 'io wait';
}

function readLoops(stacks: readonly Stack[], of: (stack: Stack) => number): number {
  return sum(stacks.filter(isReadLoop), of);
}

/** Whether somebody reads the body: then the loop waits for the reader, and the reader for bytes. */
const isReading = (stack: Stack): boolean =>
  calls(stack, 'net/http.(*bodyEOFSignal).Read') || callsLike(stack, /^net\/http\.(?:\(\*)?http2transportResponseBody\)?\.Read$/);

/** Read loops that wait for the body's reader: in Go's `select`, below which nothing is on the stack. */
export const unreadBody: Rule = {
  id: 'unread-body',
  leak: true,
  matches: (stack) => (isReadLoop(stack) || callsLike(stack, OBSERVED)) && !isIdle(stack) && !isInFlight(stack),
  things: (stacks, of, all) => Math.max(0, readLoops(stacks, of) - sum(all.filter(isReading), of)) + sum(stacks.filter((stack) => !isReadLoop(stack)), of),
  sentence: (count) => `${amount(count, 'response body was', 'response bodies were')} neither read to the end nor closed, and each holds its connection with its two loops.`,
  advice: 'Read each body to its end or close it: `defer resp.Body.Close()` after the error check and io.Copy(io.Discard, resp.Body) in Go, `await using res = await get(url)` in Node. Partly read and dropped is unread, too.',
};

/** HTTP/2 has one goroutine for each stream that is not finished. */
export const unreadStream: Rule = {
  id: 'unread-http2-stream',
  leak: true,
  matches: (stack) => callsLike(stack, /\.\(\*(?:http2)?[cC]lientStream\)\.(?:doRequest|writeRequest|awaitRequestCancel)$/),
  sentence: (count) => `${amount(count, 'HTTP/2 stream is', 'HTTP/2 streams are')} not finished: the response was neither read to the end nor closed, or has not come.`,
  advice: 'Read each body to its end or close it, and give each request a deadline.',
};

/** Tasks that read a response. A profile does not say whether they ever get on. */
export const stalledRead: Rule = {
  id: 'stalled-read',
  leak: true,
  matches: isReading,
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} for more of a response body that its server does not send.`,
  advice: 'Set Client.Timeout, or a context with a deadline: without one a server that stalls is waited for without end.',
};

export const noResponse: Rule = {
  id: 'no-response',
  leak: true,
  matches: (stack) => isInFlight(stack) || doing(stack) === 'net/http.(*persistConn).roundTrip' || /^net\/http\.\(\*(?:http2)?[cC]lientConn\)\.(?:RoundTrip|roundTrip)$/.test(doing(stack)),
  sentence: (count) => `${amount(count, 'request waits', 'requests wait')} for a response that does not come, or for the rest of it.`,
  advice: 'Set Transport.ResponseHeaderTimeout or Client.Timeout, and look at the server.',
};

export const noConnection: Rule = {
  id: 'waiting-for-connection',
  leak: true,
  matches: (stack) => doing(stack) === 'net/http.(*Transport).getConn',
  sentence: (count) => `${amount(count, 'request waits', 'requests wait')} for a connection: MaxConnsPerHost is reached, or the dial does not end.`,
  advice: 'Find what holds the connections (unread bodies, slow responses), or set Dialer.Timeout; raise MaxConnsPerHost only after that.',
};

/** A handshake has a goroutine of its own beside the one that dials. */
const isDial = (stack: Stack): boolean => callsLike(stack, /^(?:net\/http|watertight)\.\(\*Transport\)\.dialConn$/);

export const dialling: Rule = {
  id: 'dialling',
  leak: true,
  things: (stacks, of) => sum(stacks.some(isDial) ? stacks.filter(isDial) : stacks, of),
  matches: (stack) =>
    isDial(stack) ||
    callsLike(stack, /^net\.\(\*(?:Dialer|sysDialer|Resolver|netFD)\)\.(?:Dial|DialContext|dialSingle|dialSerial|dialParallel|lookupIPAddr|connect)$/) ||
    callsLike(stack, /^crypto\/tls\.\(\*Conn\)\.(?:clientHandshake|handshakeContext|HandshakeContext)$/),
  sentence: (count) => `${amount(count, 'connection is', 'connections are')} being made and not ready: name lookup, connect or TLS handshake.`,
  advice: 'Set Dialer.Timeout and TLSHandshakeTimeout, and look at name service, firewall and the server\'s accept queue.',
};

export const idleConnections: Rule = {
  id: 'idle-connections',
  leak: false,
  matches: (stack) => isReadLoop(stack) && !isInFlight(stack),
  sentence: (count) => `${amount(count, 'connection is', 'connections are')} idle, waiting for the next request or for a response's head. That is no leak.`,
  advice: 'Nothing; IdleConnTimeout and MaxIdleConnsPerHost decide how many stay, and CloseIdleConnections() ends them.',
};

/** The write loop says nothing about its connection; the read loop of the same connection does. */
export const writeLoops: Rule = {
  id: 'write-loops',
  leak: false,
  matches: isWriteLoop,
  sentence: (count) => `${amount(count, 'write loop')}, one for each HTTP/1.1 connection; the read loops say what the connections are doing.`,
  advice: 'Look at the read loops.',
};

export const inbound: Rule = {
  id: 'inbound-connections',
  leak: false,
  matches: (stack) => calls(stack, 'net/http.(*connReader).backgroundRead') || (calls(stack, 'net/http.(*conn).serve') && calls(stack, 'net/http.(*connReader).Read')),
  sentence: (count) => `${amount(count, 'connection')} from clients of this server ${count === 1 ? 'is' : 'are'} open, idle or sending.`,
  advice: 'Set Server.IdleTimeout and ReadHeaderTimeout if they only grow.',
};

export const listening: Rule = {
  id: 'listening',
  leak: false,
  matches: (stack) => calls(stack, 'net.(*TCPListener).Accept') || calls(stack, 'net.(*UnixListener).Accept'),
  sentence: (count) => `${amount(count, 'goroutine accepts', 'goroutines accept')} connections, one for each server.`,
  advice: 'Nothing, unless servers are started again and again: Shutdown() ends one.',
};

export const stuckHandler: Rule = {
  id: 'stuck-handler',
  leak: true,
  matches: (stack) => calls(stack, 'net/http.(*conn).serve'),
  sentence: (count) => `${amount(count, 'handler')} of this server ${count === 1 ? 'does' : 'do'} not return.`,
  advice: 'Look at what the handler waits for, below, and pass it the request\'s context: it ends when the client has gone.',
};
