/** Owns the rules about HTTP clients: Go's net/http, this project's, and others that are observed in a Node process. */
import { awaitsHead, awaitsHttp2, awaitsStream, http1Readers, isReading, isReadLoop } from './body-readers.js';
import { amount, sum, waited, type Facts, type Rule } from './rule.js';
import { calls, callsLike, doing, type Stack } from './stack.js';

const WRITE_LOOP = /^(?:net\/http|watertight)\.\(\*persistConn\)\.writeLoop$/;
/** A response of another client in a Node process. */
const OBSERVED = /^(?:(?:undici|fetch|node:http)\.|watertight\.\(\*Response\)\.body$)/;
/** How long Go's default transport keeps an idle connection (IdleConnTimeout), and a minute, as waits are whole ones; how many it keeps (MaxIdleConns). */
const KEPT_FOR = 90_000 + 60_000;
const KEPT_AT_MOST = 100;

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

/** Read loops that wait for the body's reader: in Go's `select`, below which nothing is on the stack. */
export const unreadBody: Rule = {
  id: 'unread-body',
  leak: true,
  tasksEach: 2,
  matches: (stack) => (isReadLoop(stack) || callsLike(stack, OBSERVED)) && !isIdle(stack) && !isInFlight(stack),
  things: (stacks, of, all) => Math.max(0, readLoops(stacks, of) - http1Readers(all, of)) + sum(stacks.filter((stack) => !isReadLoop(stack)), of),
  sentence: (count, facts) => `${amount(count, 'response body was', 'response bodies were')} neither read to the end nor closed, and each holds its connection with its two loops${waited(count, facts)}.`,
  advice: 'Read each body to its end or close it: `defer resp.Body.Close()` after the error check and io.Copy(io.Discard, resp.Body) in Go, `await using res = await get(url)` in Node. Partly read and dropped is unread, too.',
};

/** Tasks that read a response. A profile does not say whether they ever get on. */
export const stalledRead: Rule = {
  id: 'stalled-read',
  leak: true,
  matches: isReading,
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} for more of a response body from its server${waited(count, facts)}.`,
  advice: 'Set Client.Timeout, or a context with a deadline: without one a server that stalls is waited for without end.',
};

export const noResponse: Rule = {
  id: 'no-response',
  leak: true,
  tasksEach: 1,
  matches: (stack) => isInFlight(stack) || awaitsHead(stack) || awaitsHttp2(stack),
  // A request that waits for its stream has a round trip that waits for it.
  things: (stacks, of, all) => Math.max(0, sum(stacks, of) - sum(all.filter(awaitsStream), of)),
  sentence: (count, facts) => `${amount(count, 'request waits', 'requests wait')} for a response, or for the rest of it${waited(count, facts)}.`,
  advice: 'Set Transport.ResponseHeaderTimeout or Client.Timeout, and look at the server.',
};

export const noConnection: Rule = {
  id: 'waiting-for-connection',
  leak: true,
  matches: (stack) => doing(stack) === 'net/http.(*Transport).getConn' || awaitsStream(stack),
  sentence: (count, facts) => `${amount(count, 'request waits', 'requests wait')} for a connection${waited(count, facts)}: MaxConnsPerHost or the server's limit of streams is reached, or the dial does not end.`,
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
    (callsLike(stack, /^crypto\/tls\.\(\*Conn\)\.(?:clientHandshake|handshakeContext|HandshakeContext)$/) && !callsLike(stack, /\.\(\*Conn\)\.serverHandshake$|^net\/http\.\(\*conn\)\.serve$/)),
  sentence: (count, facts) => `${amount(count, 'connection is', 'connections are')} being made and not ready${waited(count, facts)}: name lookup, connect or TLS handshake.`,
  advice: 'Set Dialer.Timeout and TLSHandshakeTimeout, and look at name service, firewall and the server\'s accept queue.',
};

/** A Transport that is made for each request leaves connections that look like those of a pool: only their number and their age tell. */
export const idleConnections: Rule = {
  id: 'idle-connections',
  tasksEach: 2,
  leak: (count, facts) => count > KEPT_AT_MOST || keptLong(facts),
  matches: (stack) => isReadLoop(stack) && !isInFlight(stack),
  things: (stacks, of, all) => Math.max(0, sum(stacks, of) - sum(all.filter(awaitsHead), of)),
  sentence: (count, facts) => {
    const idle = `${amount(count, 'connection is', 'connections are')} idle, waiting for the next request${waited(count, facts)}`;
    if (keptLong(facts)) return `${idle}: they belong to a Transport without IdleConnTimeout (the default is 90 s), as one that is made for each request.`;
    if (count > KEPT_AT_MOST) return `${idle}: more than the ${KEPT_AT_MOST} that the default Transport keeps, as when a Transport is made for each request.`;
    return `${idle}. If one Transport has them, they are its pool, and not lost.`;
  },
  advice: 'Make one Transport or Client, and share it: one that is made for each request keeps its connections for ever. IdleConnTimeout and MaxIdleConnsPerHost decide how many stay, and CloseIdleConnections() ends them.',
};

/** Older than the default allows. Where requests wait for their response, it may be these that wait. */
function keptLong({ waitMs, all }: Facts): boolean {
  return waitMs >= KEPT_FOR && !all.some(awaitsHead);
}

/** Client.Timeout has a goroutine until the body was read to the end or closed. */
export const clientTimeouts: Rule = {
  id: 'client-timeout',
  leak: true,
  matches: (stack) => callsLike(stack, /^net\/http\.setRequestCancel\.func\d+$/),
  sentence: (count, facts) => `${amount(count, 'request')} with a Client.Timeout ${count === 1 ? 'is' : 'are'} not finished${waited(count, facts)}: each has a goroutine until its body is read to the end or closed.`,
  advice: 'Close each body, and set Client.Timeout to what a request may take.',
};

/** The write loop says nothing about its connection; the read loop of the same connection does. */
export const writeLoops: Rule = {
  id: 'write-loops',
  leak: false,
  matches: isWriteLoop,
  sentence: (count) => `${amount(count, 'write loop')}, one for each HTTP/1.1 connection; the read loops say what the connections are doing.`,
  advice: 'Look at the read loops.',
};
