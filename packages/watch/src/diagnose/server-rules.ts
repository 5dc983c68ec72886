/** Owns the rules about HTTP servers: connections from clients, handlers, and what handlers wait for on a connection. */
import { amount, sum, waited, type Rule } from './rule.js';
import { calls, callsLike, type Stack } from './stack.js';

const SERVE = 'net/http.(*conn).serve';
/** The loop of a connection that speaks HTTP/2, which runs below (*conn).serve; its handlers do not. */
const HTTP2_SERVE = /\.\(\*(?:http2)?serverConn\)\.serve$/;
const HTTP2_FRAMES = /\.\(\*(?:http2)?serverConn\)\.readFrames$/;
const HTTP2_HANDLER = /\.\(\*(?:http2)?serverConn\)\.(?:runHandler|handlerLoop)$/;
const TLS_HANDSHAKE = /^crypto\/tls\.\(\*Conn\)\.(?:Handshake|HandshakeContext|handshakeContext|serverHandshake)$/;

const isHttp2Loop = (stack: Stack): boolean => callsLike(stack, HTTP2_SERVE);
const isHandler = (stack: Stack): boolean => (calls(stack, SERVE) && !isHttp2Loop(stack)) || callsLike(stack, HTTP2_HANDLER);

/** Reads what the client sends before or between requests, or watches whether it goes while a handler runs. */
function isConnection(stack: Stack): boolean {
  if (isHttp2Loop(stack) || callsLike(stack, HTTP2_FRAMES) || calls(stack, 'net/http.(*connReader).backgroundRead')) return true;
  if (!calls(stack, SERVE) || isReadingRequest(stack)) return false;
  return callsLike(stack, /^net\/http\.\(\*(?:connReader\)\.Read|conn\)\.readRequest)$/) || callsLike(stack, TLS_HANDSHAKE);
}

/** Reads the body of a request. */
const isReadingRequest = (stack: Stack): boolean => callsLike(stack, /^net\/http\.\(\*(?:body|http2requestBody)\)\.(?:Read|Close)$|\/http2\.\(\*requestBody\)\.Read$/);

export const inbound: Rule = {
  id: 'inbound-connections',
  leak: false,
  tasksEach: 1,
  matches: isConnection,
  // A connection of HTTP/2 has two goroutines. The one over which the profile was asked for is nobody's.
  things: (stacks, of, all) => {
    const loops = stacks.filter((stack) => !callsLike(stack, HTTP2_FRAMES));
    return Math.max(0, sum(loops.length > 0 ? loops : stacks, of) - sum(all.filter(servesProfile), of));
  },
  sentence: (count, facts) => `${amount(count, 'connection')} from clients of this server ${count === 1 ? 'is' : 'are'} open, idle or sending${waited(count, facts)}.`,
  advice: 'Set Server.IdleTimeout and ReadHeaderTimeout if they only grow: without them a client that has gone without a word is waited for.',
};

export const listening: Rule = {
  id: 'listening',
  leak: false,
  matches: (stack) => callsLike(stack, /^net\.\(\*(?:TCP|Unix)Listener\)\.Accept(?:TCP|Unix)?$/),
  sentence: (count) => `${amount(count, 'goroutine accepts', 'goroutines accept')} connections, one for each server.`,
  advice: 'Nothing, unless servers are started again and again: Shutdown() ends one.',
};

export const requestBody: Rule = {
  id: 'request-body',
  leak: true,
  matches: isReadingRequest,
  sentence: (count, facts) => `${amount(count, 'handler waits', 'handlers wait')} for more of a request body${waited(count, facts)}.`,
  advice: 'Set Server.ReadTimeout, or SetReadDeadline of http.ResponseController in the handler: a client that stalls is waited for.',
};

export const responseWriters: Rule = {
  id: 'response-writer',
  leak: true,
  matches: (stack) => calls(stack, SERVE) && callsLike(stack, /^net\/http\.checkConnErrorWriter\.Write$/),
  sentence: (count, facts) => `${amount(count, 'handler waits', 'handlers wait')} to write to a client that reads slowly, or no more${waited(count, facts)}.`,
  advice: 'A slow download is healthy. A client that has gone is not noticed without Server.WriteTimeout, or SetWriteDeadline of http.ResponseController before each write.',
};

export const http2Writers: Rule = {
  id: 'http2-writer',
  leak: true,
  matches: (stack) => callsLike(stack, /\.\(\*(?:http2)?serverConn\)\.(?:writeDataFromHandler|writeHeaders)$/),
  sentence: (count, facts) => `${amount(count, 'handler waits', 'handlers wait')} to write to an HTTP/2 client that reads slowly, or no more${waited(count, facts)}.`,
  advice: 'Set Server.WriteTimeout, or SetWriteDeadline of http.ResponseController in the handler: flow control lets a client hold a handler without end.',
};

export const stuckHandler: Rule = {
  id: 'stuck-handler',
  leak: true,
  matches: (stack) => isHandler(stack) || callsLike(stack, /^net\/http\.\(\*timeoutHandler\)\.ServeHTTP\.func\d+$/),
  sentence: (count, facts) => `${amount(count, 'handler')} of this server ${count === 1 ? 'does' : 'do'} not return${waited(count, facts)}.`,
  advice: 'Look at what the handler waits for, below, and pass it the request\'s context: it ends when the client has gone. A TimeoutHandler answers the client, but does not end the handler.',
};

/** Whether the goroutine takes a profile for a client over HTTP. */
export function servesProfile(stack: Stack): boolean {
  return callsLike(stack, /^net\/http\/pprof\./) && isHandler(stack);
}

/** The goroutine that reads on while a handler of HTTP/1 runs. */
export function readsAhead(stack: Stack): boolean {
  return calls(stack, 'net/http.(*connReader).backgroundRead');
}
