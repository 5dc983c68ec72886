/** Owns the rules about HTTP/2 clients: Go's net/http, golang.org/x/net/http2 and, from Go 1.27 on, net/http/internal/http2. */
import { http2Readers } from './body-readers.js';
import { amount, sum, waited, type Rule } from './rule.js';
import { callsLike, type Stack } from './stack.js';

/** One goroutine for each stream that is not finished. Before Go 1.17 it is awaitRequestCancel, which begins when the response has come. */
const STREAM = /\.\(\*(?:http2)?[cC]lientStream\)\.(?:doRequest|writeRequest|awaitRequestCancel)$/;
/** The request's body is still being sent. */
const SENDING = /\.\(\*(?:http2)?[cC]lientStream\)\.(?:writeRequestBody|awaitFlowControl)$/;

const isStream = (stack: Stack): boolean => callsLike(stack, STREAM) && !callsLike(stack, SENDING);

/** So many connections to so many hosts are rare: with this many, a Transport for each request is the first thing to think of. */
const MANY_CONNECTIONS = 5;

export const http2Connections: Rule = {
  id: 'http2-connections',
  leak: true,
  matches: (stack) => callsLike(stack, /\.\(\*(?:http2)?[cC]lientConnReadLoop\)\.run$/),
  sentence: (count, facts) => {
    const open = `${amount(count, 'HTTP/2 connection')} to servers ${count === 1 ? 'is' : 'are'} open${waited(count, facts)}`;
    return count < MANY_CONNECTIONS ? `${open}; one Transport has one for each host.` : `${open}, as when a Transport or Client is made for each request: one Transport needs one for each host.`;
  },
  advice: 'If there are more than hosts, make one Transport, and share it; one that is made for a task needs CloseIdleConnections(). Streams that are not finished keep a connection open, too.',
};

/** Streams that wait for nothing of the program's: those whose response is being read, or waited for, are left out. */
export const unreadStream: Rule = {
  id: 'unread-http2-stream',
  leak: true,
  tasksEach: 1,
  matches: isStream,
  things: (stacks, of, all) => Math.max(0, sum(stacks, of) - http2Readers(all, of)),
  sentence: (count, facts) => `${amount(count, 'HTTP/2 stream is', 'HTTP/2 streams are')} not finished${waited(count, facts)}: the response was neither read to the end nor closed.`,
  advice: 'Read each body to its end or close it: `defer resp.Body.Close()` after the error check. The connection goes on serving others, so that only goroutines and the server\'s stream limit show it.',
};

export const sendingStream: Rule = {
  id: 'sending-request',
  leak: true,
  matches: (stack) => callsLike(stack, SENDING) || callsLike(stack, /^net\/http\.\(\*transferWriter\)\.(?:writeBody|doBodyCopy)$/),
  sentence: (count, facts) => `${amount(count, 'request body is', 'request bodies are')} being sent${waited(count, facts)}: its reader has nothing to give, or the server does not take it.`,
  advice: 'Give the request a deadline. The body\'s reader (an io.Pipe, another response) must come to an end or an error; a server that does not read holds the sender.',
};
