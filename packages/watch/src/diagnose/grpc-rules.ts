/** Owns the rules about gRPC, wherever its package is vendored. */
import { of } from './package-pattern.js';
import { amount, byRole, waited, type Rule } from './rule.js';
import { callsLike, type Stack } from './stack.js';

const STREAM = of(/google\.golang\.org\/grpc\.newClientStream(?:WithParams)?\.(?:func|gowrap)\d+$/);

export const grpcStream: Rule = {
  id: 'grpc-stream',
  leak: true,
  matches: (stack) => callsLike(stack, STREAM),
  sentence: (count, facts) => `${amount(count, 'gRPC stream is', 'gRPC streams are')} not finished${waited(count, facts)}.`,
  advice: 'Receive until an error (io.EOF), or cancel the context of the stream: each stream that is left early keeps a goroutine.',
};

/** What a server has for each connection, for each call, and while it accepts. */
const SERVER_LOOP = of(
  /google\.golang\.org\/grpc\/(?:internal\/)?transport\.(?:\(\*(?:http2Server|serverHandlerTransport)\)\.(?:HandleStreams|keepalive|runStream)|NewServerTransport\.|newHTTP2Server\.)/,
  /google\.golang\.org\/grpc\.\(\*Server\)\.(?:serveStreams|handleRawConn|serverWorker|Serve)(?:\.func[\d.]+)?$/,
);
const SERVER_CALL = of(/google\.golang\.org\/grpc\.\(\*Server\)\.(?:handleStream|processUnaryRPC|processStreamingRPC)$/);

export const grpcHandler: Rule = {
  id: 'grpc-handler',
  leak: true,
  matches: (stack) => callsLike(stack, SERVER_CALL),
  sentence: (count, facts) => `${amount(count, 'handler')} of this gRPC server ${count === 1 ? 'does' : 'do'} not return${waited(count, facts)}.`,
  advice: 'Look at what the handler waits for, below, and let it wait for the call\'s or stream\'s context as well: it ends when the client cancels or has gone.',
};

export const grpcServer: Rule = {
  id: 'grpc-server',
  leak: false,
  // Calls run below the loop of their connection.
  matches: (stack) => callsLike(stack, SERVER_LOOP) && !callsLike(stack, SERVER_CALL),
  things: byRole,
  tasksEach: 1,
  sentence: (count) => `${amount(count, 'connection')} from clients of this gRPC server ${count === 1 ? 'is' : 'are'} open.`,
  advice: 'keepalive.ServerParameters (MaxConnectionIdle, Time) close those of clients that have gone, if they only grow.',
};

const CLIENT_LOOP = of(
  /google\.golang\.org\/grpc\.\(\*(?:addrConn|ccBalancerWrapper|ccResolverWrapper|ClientConn|acBalancerWrapper|scStateUpdateBuffer)\)\./,
  /google\.golang\.org\/grpc\/(?:internal\/)?transport\.(?:\(\*(?:http2Client|loopyWriter|controlBuffer)\)|newHTTP2Client)/,
  /google\.golang\.org\/grpc\/internal\/resolver\/dns\.\(\*dnsResolver\)\.watcher$/,
);
/** A ClientConn has several of these. */
const SERIALIZER = of(/google\.golang\.org\/grpc\/internal\/grpcsync\.\(\*CallbackSerializer\)/);
/** A call of the program's, which waits for its answer, or for the connection. */
const CALL = of(/google\.golang\.org\/grpc\.(?:\(\*clientStream\)\.|\(\*csAttempt\)\.|\(\*ClientConn\)\.(?:Invoke|NewStream)|invoke$)/);

export const grpcCall: Rule = {
  id: 'grpc-call',
  leak: true,
  matches: (stack) => callsLike(stack, CALL),
  sentence: (count, facts) => `${amount(count, 'gRPC call waits', 'gRPC calls wait')} for the server${waited(count, facts)}.`,
  advice: 'Give each call a context with a deadline: without one, a server that does not answer is waited for.',
};

export const grpcClient: Rule = {
  id: 'grpc-connection',
  leak: true,
  matches: (stack) => callsLike(stack, CLIENT_LOOP) || callsLike(stack, SERIALIZER),
  things: clientConnections,
  sentence: (count, facts) => `${amount(count, 'gRPC client connection is', 'gRPC client connections are')} open, or being made${waited(count, facts)}: each ClientConn has several goroutines, which end with Close().`,
  advice: 'Make one ClientConn for each server when the program starts, and share it; one that is dialled for a call needs defer conn.Close().',
};

function clientConnections(stacks: readonly Stack[], count: (stack: Stack) => number): number {
  const loops = stacks.filter((stack) => !callsLike(stack, SERIALIZER));
  return byRole(loops.length > 0 ? loops : stacks, count);
}
