/** Owns the rules about goroutines of libraries: databases, gRPC, brokers, Kubernetes, websockets, name lookups. */
import { amount, sum, type Rule } from './rule.js';
import { calls, callsLike, doing, type Stack } from './stack.js';

/** Functions of packages, given as regular expressions that match from the beginning of a package's path, wherever it is vendored. */
function of(...functions: readonly RegExp[]): RegExp {
  return new RegExp(`^(?:.*/vendor/)?(?:${functions.map(({ source }) => source).join('|')})`);
}

const isOpener = (stack: Stack): boolean => calls(stack, 'database/sql.(*DB).connectionOpener');

export const databaseOpen: Rule = {
  id: 'sql-database',
  leak: true,
  matches: (stack) => callsLike(stack, /^database\/sql\.\(\*DB\)\.connection(?:Opener|Resetter|Cleaner)$/),
  things: (stacks, count) => sum(stacks.filter(isOpener), count),
  sentence: (count) => `${amount(count, 'sql.DB is', 'sql.DBs are')} open; a program needs one for each database.`,
  advice: 'Call sql.Open once, when the program starts, and share the DB: it is a pool. One that is opened for a task needs defer db.Close().',
};

export const transactionOpen: Rule = {
  id: 'sql-transaction',
  leak: true,
  matches: (stack) => calls(stack, 'database/sql.(*Tx).awaitDone'),
  sentence: (count) => `${amount(count, 'database transaction is', 'database transactions are')} neither committed nor rolled back, and ${count === 1 ? 'holds a connection' : 'each holds a connection'}.`,
  advice: 'defer tx.Rollback() after BeginTx: after a Commit it does nothing.',
};

const DRIVER = of(/github\.com\/go-sql-driver\/mysql\.\(\*mysqlConn\)\.startWatcher/, /github\.com\/lib\/pq\.\(\*conn\)\.watchCancel/, /github\.com\/jackc\/pgx\/.*ctxwatch\./);

export const driverConnection: Rule = {
  id: 'sql-driver-connection',
  leak: true,
  matches: (stack) => callsLike(stack, DRIVER),
  sentence: (count) => `${amount(count, 'connection')} of the database driver ${count === 1 ? 'is' : 'are'} open: each has a goroutine that watches its context.`,
  advice: 'SetMaxOpenConns and SetConnMaxIdleTime bound them. If they grow beyond that, there are several sql.DBs, or rows and transactions that were not closed.',
};

const STREAM = of(/google\.golang\.org\/grpc\.newClientStream(?:WithParams)?\.func\d+$/);

export const grpcStream: Rule = {
  id: 'grpc-stream',
  leak: true,
  matches: (stack) => callsLike(stack, STREAM),
  sentence: (count) => `${amount(count, 'gRPC stream is', 'gRPC streams are')} not finished.`,
  advice: 'Receive until an error (io.EOF), or cancel the context of the stream.',
};

const GRPC_LOOP = of(
  /google\.golang\.org\/grpc\.\(\*(?:addrConn|ccBalancerWrapper|ccResolverWrapper|ClientConn|acBalancerWrapper)\)\./,
  /google\.golang\.org\/grpc\/(?:internal\/)?transport\.(?:\(\*(?:http2Client|loopyWriter|controlBuffer)\)|newHTTP2Client)/,
  /google\.golang\.org\/grpc\/internal\/grpcsync\.\(\*CallbackSerializer\)/,
);

export const grpcClient: Rule = {
  id: 'grpc-connection',
  leak: true,
  matches: (stack) => callsLike(stack, GRPC_LOOP) && !callsLike(stack, /\.\(\*clientStream\)\.|\.\(\*ClientConn\)\.Invoke$/),
  sentence: (count) => `${amount(count, 'goroutine')} of gRPC's client connections: a ClientConn has several, which end with Close().`,
  advice: 'Make one ClientConn for each server when the program starts, and share it; one that is dialled for a call needs defer conn.Close().',
};

export const http2Connections: Rule = {
  id: 'http2-connections',
  leak: true,
  matches: (stack) => callsLike(stack, /\.\(\*(?:http2)?[cC]lientConnReadLoop\)\.run$/),
  sentence: (count) => `${amount(count, 'HTTP/2 connection')} to servers ${count === 1 ? 'is' : 'are'} open; one Transport has one for each host.`,
  advice: 'If there are more than hosts, a Transport or Client is made for each request: make one, and share it. Streams that are not finished keep a connection open, too.',
};

export const http2Writers: Rule = {
  id: 'http2-writer',
  leak: true,
  matches: (stack) => callsLike(stack, /\.\(\*(?:http2)?serverConn\)\.(?:writeDataFromHandler|writeHeaders)$/),
  sentence: (count) => `${amount(count, 'handler waits', 'handlers wait')} to write to an HTTP/2 client that does not read.`,
  advice: 'Set Server.WriteTimeout, or http.ResponseController.SetWriteDeadline in the handler: flow control lets a client hold a handler without end.',
};

export const nameLookup: Rule = {
  id: 'name-lookup',
  leak: true,
  matches: (stack) => callsLike(stack, /^net\.(?:_C2func_getaddrinfo|cgoLookup\w+|cgoIPLookup|\(\*Resolver\)\.(?:lookupIP|goLookup\w+|exchange|tryOneName))$/),
  sentence: (count) => `${amount(count, 'name lookup is', 'name lookups are')} under way.`,
  advice: 'Look at the name server. A lookup by the C library can\'t be cancelled: GODEBUG=netdns=go uses Go\'s own, which ends with the context.',
};

const WEBSOCKETS = of(/(?:github\.com\/gorilla\/websocket|nhooyr\.io\/websocket|github\.com\/coder\/websocket|golang\.org\/x\/net\/websocket|github\.com\/gobwas\/ws(?:\/wsutil)?)\.(?:\(\*Conn\)\.|\(\*Reader\)\.|Read)/);

export const websocket: Rule = {
  id: 'websocket',
  leak: true,
  matches: (stack) => callsLike(stack, WEBSOCKETS),
  sentence: (count) => `${amount(count, 'websocket waits', 'websockets wait')} for a message.`,
  advice: 'A client that has gone is noticed only by a ping that is not answered: SetReadDeadline before each read, and close the connection when the read fails.',
};

const BROKERS = of(/github\.com\/(?:IBM|Shopify)\/sarama\./, /github\.com\/segmentio\/kafka-go\./, /github\.com\/twmb\/franz-go\/pkg\/kgo\./, /github\.com\/confluentinc\/confluent-kafka-go(?:\/v\d+)?\/kafka\./);

export const kafka: Rule = {
  id: 'kafka',
  leak: true,
  matches: (stack) => callsLike(stack, BROKERS),
  sentence: (count) => `${amount(count, 'goroutine')} of Kafka clients: a producer or consumer has several for each broker and partition.`,
  advice: 'Make one producer and one consumer for the program, and Close() those that are made for a task.',
};

const REAPER = of(/(?:github\.com\/(?:redis\/go-redis|go-redis\/redis)(?:\/v\d+)?|gopkg\.in\/redis\.v\d+)\/internal\/pool\.\(\*ConnPool\)\.reaper$/);

export const redis: Rule = {
  id: 'redis',
  leak: true,
  matches: (stack) => callsLike(stack, REAPER),
  sentence: (count) => `${amount(count, 'Redis client is', 'Redis clients are')} open: each has a goroutine that closes idle connections.`,
  advice: 'Make one client when the program starts, and share it: it is a pool. One that is made for a task needs defer client.Close().',
};

const INFORMERS = of(/k8s\.io\/client-go\/(?:tools\/(?:cache|watch)|informers|util\/workqueue)/, /k8s\.io\/apimachinery\/pkg\/watch\./);

export const informers: Rule = {
  id: 'informers',
  leak: true,
  matches: (stack) => callsLike(stack, INFORMERS),
  sentence: (count) => `${amount(count, 'goroutine')} of Kubernetes informers: each informer has several, which end with its stop channel.`,
  advice: 'Make one SharedInformerFactory and share it; close the channel that Start or Run was given when it is not needed any more.',
};

const GROUPS = of(/golang\.org\/x\/sync\/(?:errgroup\.\(\*Group\)\.(?:Go|Wait)|semaphore\.\(\*Weighted\)\.Acquire|singleflight\.\(\*Group\)\.Do)$/);

export const group: Rule = {
  id: 'errgroup',
  leak: true,
  matches: (stack) => callsLike(stack, GROUPS),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} for others: those of its errgroup, of its semaphore, or the one that does the same work (singleflight).`,
  advice: 'Look at what the others wait for. Give them the group\'s context, and release what was acquired with defer.',
};

export const pipe: Rule = {
  id: 'io-pipe',
  leak: true,
  matches: (stack) => /^io\.\(\*(?:pipe|PipeReader|PipeWriter)\)\.(?:read|write|Read|Write)$/.test(doing(stack)),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} for the other end of an io.Pipe.`,
  advice: 'Close both ends on every path: writer.CloseWithError(err) when writing ends, reader.Close() when reading does.',
};

export const copying: Rule = {
  id: 'copying',
  leak: true,
  matches: (stack) => callsLike(stack, /^io\.(?:Copy|CopyBuffer|CopyN|copyBuffer)$/) && callsLike(stack, /^(?:net\.\(\*(?:conn|netFD|TCPConn|UnixConn)\)|crypto\/tls\.\(\*Conn\))\./),
  sentence: (count) => `${amount(count, 'goroutine copies', 'goroutines copy')} between connections, and ${count === 1 ? 'waits' : 'each waits'} for its sender or its receiver.`,
  advice: 'When one direction ends, close the other (CloseWrite, or both connections), and set deadlines: a peer that has gone without a word is waited for.',
};

/** Go 1.26 and later: the collector has seen that nothing can wake them. */
export const unreachable: Rule = {
  id: 'leaked',
  leak: true,
  matches: (stack) => stack.isProven === true,
  sentence: (count) => `${amount(count, 'goroutine has', 'goroutines have')} leaked: Go's collector has found that nothing can ever wake ${count === 1 ? 'it' : 'them'}.`,
  advice: 'This is proof. What they wait for is held by nobody else: look at the line that started them, and at how it can return before them.',
};
