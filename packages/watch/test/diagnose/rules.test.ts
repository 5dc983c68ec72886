/** What goroutines of Go's packages and of libraries mean: each rule on a stack as the package has it, in both forms of text. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { summarizeProfile } from '#diagnose';
import { parseDump } from 'watertight/pprof';

/** Functions of one stack, innermost first; what the first diagnosis must be. */
const STACKS: readonly (readonly [id: string, ...functions: string[]])[] = [
  ['http2-connections', 'net/http.(*http2clientConnReadLoop).run', 'net/http.(*http2ClientConn).readLoop'],
  ['http2-connections', 'golang.org/x/net/http2.(*clientConnReadLoop).run', 'golang.org/x/net/http2.(*ClientConn).readLoop'],
  ['http2-connections', 'net/http/internal/http2.(*clientConnReadLoop).run', 'net/http/internal/http2.(*ClientConn).readLoop'],
  ['unread-http2-stream', 'net/http.(*http2clientStream).writeRequest', 'net/http.(*http2clientStream).doRequest'],
  ['unread-http2-stream', 'golang.org/x/net/http2.(*clientStream).awaitRequestCancel'],
  ['unread-http2-stream', 'net/http/internal/http2.(*clientStream).writeRequest', 'net/http/internal/http2.(*clientStream).doRequest'],
  ['no-response', 'golang.org/x/net/http2.(*ClientConn).RoundTrip', 'golang.org/x/net/http2.(*Transport).RoundTripOpt', 'main.ask'],
  ['waiting-for-connection', 'sync.(*Cond).Wait', 'net/http.(*http2ClientConn).awaitOpenSlotForStreamLocked', 'net/http.(*http2clientStream).writeRequest', 'net/http.(*http2clientStream).doRequest'],
  ['sending-request', 'io.(*pipe).read', 'io.(*PipeReader).Read', 'net/http.(*http2clientStream).writeRequestBody', 'net/http.(*http2clientStream).writeRequest', 'net/http.(*http2clientStream).doRequest'],
  ['sending-request', 'io.(*pipe).read', 'io.(*PipeReader).Read', 'net/http.(*transferWriter).doBodyCopy', 'net/http.(*transferWriter).writeBody', 'net/http.(*Request).write', 'net/http.(*persistConn).writeLoop'],
  ['stalled-read', 'sync.(*Cond).Wait', 'net/http.(*http2pipe).Read', 'net/http.http2transportResponseBody.Read', 'io.ReadAll', 'main.load'],
  ['client-timeout', 'net/http.setRequestCancel.func4'],
  ['inbound-connections', 'net/http.(*http2serverConn).serve', 'net/http.(*http2Server).ServeConn', 'net/http.http2ConfigureServer.func1', 'net/http.(*conn).serve'],
  ['inbound-connections', 'golang.org/x/net/http2.(*serverConn).readFrames'],
  ['inbound-connections', 'net.(*conn).Read', 'crypto/tls.(*Conn).readRecordOrCCS', 'crypto/tls.(*Conn).serverHandshake', 'crypto/tls.(*Conn).handshakeContext', 'crypto/tls.(*Conn).HandshakeContext', 'net/http.(*conn).serve'],
  ['http2-writer', 'net/http.(*http2serverConn).writeDataFromHandler', 'net/http.(*http2responseWriterState).writeChunk', 'main.download', 'net/http.(*http2serverConn).runHandler'],
  ['response-writer', 'net.(*conn).Write', 'net/http.checkConnErrorWriter.Write', 'bufio.(*Writer).Flush', 'main.download', 'net/http.(*conn).serve'],
  ['request-body', 'net.(*conn).Read', 'net/http.(*connReader).Read', 'bufio.(*Reader).Read', 'net/http.(*body).Read', 'main.upload', 'net/http.(*conn).serve'],
  ['stuck-handler', 'main.slow', 'net/http.HandlerFunc.ServeHTTP', 'net/http.(*http2serverConn).runHandler'],
  ['stuck-handler', 'main.slow', 'net/http.(*timeoutHandler).ServeHTTP.func1'],
  ['name-lookup', 'net.cgoLookupIP', 'net.(*Resolver).lookupIP', 'net.(*Resolver).lookupIPAddr.func1'],
  ['name-lookup', 'net.(*Resolver).exchange', 'net.(*Resolver).tryOneName', 'net.(*Resolver).goLookupIPCNAMEOrder.func3.1'],
  ['name-lookup', 'net.doBlockingWithCtx[...]', 'net.cgoLookupIP', 'net.(*Resolver).lookupIP', 'main.ask'],
  ['name-lookup', 'net._C2func_getaddrinfo', 'net.cgoLookupIPCNAME', 'net.cgoIPLookup'],
  ['websocket', 'bufio.(*Reader).Peek', 'github.com/gorilla/websocket.(*Conn).advanceFrame', 'github.com/gorilla/websocket.(*Conn).NextReader', 'main.read', 'net/http.(*conn).serve'],
  ['websocket', 'github.com/coder/websocket.(*Conn).readLoop', 'github.com/coder/websocket.(*Conn).Reader', 'main.read'],
  ['websocket', 'net.(*conn).Read', 'github.com/gobwas/ws.ReadHeader', 'github.com/gobwas/ws/wsutil.(*Reader).NextFrame', 'main.read'],
  ['websocket-writer', 'net.(*conn).Write', 'github.com/gorilla/websocket.(*Conn).write', 'github.com/gorilla/websocket.(*Conn).WriteMessage', 'main.broadcast'],
  ['sql-database', 'database/sql.(*DB).connectionOpener'],
  ['sql-database', 'github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck'],
  ['sql-rows', 'database/sql.(*Rows).awaitDone'],
  ['sql-rows', 'github.com/mattn/go-sqlite3.(*SQLiteStmt).query.func1'],
  ['sql-transaction', 'database/sql.(*Tx).awaitDone'],
  ['sql-driver-connection', 'github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1'],
  ['sql-driver-connection', 'example.com/shop/vendor/github.com/lib/pq.(*conn).watchCancel.func1'],
  ['sql-driver-connection', 'github.com/jackc/pgconn/internal/ctxwatch.(*ContextWatcher).Watch.func1'],
  ['sql-connection', 'database/sql.(*DB).conn', 'database/sql.(*DB).query', 'main.list'],
  ['sql-connection', 'github.com/jackc/puddle/v2.(*Pool[...]).acquire', 'github.com/jackc/pgx/v5/pgxpool.(*Pool).Acquire', 'main.list'],
  ['sql-query', 'net.(*conn).Read', 'github.com/lib/pq.(*conn).recv1', 'database/sql.(*DB).queryDC', 'database/sql.(*DB).QueryContext', 'main.list'],
  ['grpc-stream', 'google.golang.org/grpc.newClientStreamWithParams.func4'],
  ['grpc-stream', 'k8s.io/kubernetes/vendor/google.golang.org/grpc.newClientStream.func5'],
  ['grpc-connection', 'google.golang.org/grpc.(*addrConn).resetTransport'],
  ['grpc-connection', 'internal/poll.(*FD).Read', 'bufio.(*Reader).Read', 'golang.org/x/net/http2.(*Framer).ReadFrame', 'google.golang.org/grpc/internal/transport.(*http2Client).reader'],
  ['grpc-connection', 'google.golang.org/grpc/internal/transport.(*controlBuffer).get', 'google.golang.org/grpc/internal/transport.(*loopyWriter).run', 'google.golang.org/grpc/internal/transport.newHTTP2Client.func6'],
  ['grpc-connection', 'google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run'],
  ['grpc-connection', 'example.com/agent/vendor/google.golang.org/grpc.(*ccBalancerWrapper).watcher'],
  ['grpc-server', 'google.golang.org/grpc/internal/transport.(*controlBuffer).get', 'google.golang.org/grpc/internal/transport.(*loopyWriter).run', 'google.golang.org/grpc/internal/transport.NewServerTransport.func2'],
  ['grpc-server', 'bufio.(*Reader).Read', 'google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams', 'google.golang.org/grpc.(*Server).serveStreams'],
  ['grpc-handler', 'main.(*server).Watch', 'google.golang.org/grpc.(*Server).processStreamingRPC', 'google.golang.org/grpc.(*Server).handleStream'],
  ['grpc-call', 'google.golang.org/grpc/internal/transport.(*Stream).waitOnHeader', 'google.golang.org/grpc.(*csAttempt).recvMsg', 'google.golang.org/grpc.(*ClientConn).Invoke', 'main.ask'],
  ['kafka', 'github.com/IBM/sarama.(*partitionProducer).dispatch', 'github.com/IBM/sarama.withRecover'],
  ['kafka', 'github.com/segmentio/kafka-go.(*reader).run'],
  ['redis', 'github.com/redis/go-redis/v9/internal/pool.(*ConnPool).reaper'],
  ['redis', 'gopkg.in/redis.v5/internal/pool.(*ConnPool).reaper'],
  ['redis-connection', 'github.com/go-redis/redis/v8/internal/pool.(*ConnPool).waitTurn', 'github.com/go-redis/redis/v8/internal/pool.(*ConnPool).Get', 'main.cached'],
  ['redis-subscription', 'github.com/redis/go-redis/v9.(*channel).initHealthCheck.func1'],
  ['informers', 'k8s.io/client-go/tools/cache.(*Reflector).watchHandler', 'k8s.io/client-go/tools/cache.(*Reflector).ListAndWatch'],
  ['informers', 'sync.(*Cond).Wait', 'k8s.io/client-go/tools/cache.(*DeltaFIFO).Pop'],
  ['informers', 'k8s.io/kubernetes/vendor/k8s.io/apimachinery/pkg/watch.(*StreamWatcher).receive'],
  ['library-object', 'net.(*conn).Read', 'github.com/nats-io/nats%2ego.(*Conn).readLoop'],
  ['library-object', 'github.com/fsnotify/fsnotify.(*Watcher).readEvents'],
  ['library-object', 'go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*Server).update'],
  ['lock', 'sync.(*RWMutex).Lock', 'k8s.io/client-go/tools/cache.(*sharedProcessor).shouldResync'],
  ['errgroup', 'sync.(*WaitGroup).Wait', 'golang.org/x/sync/errgroup.(*Group).Wait', 'main.crawl'],
  ['errgroup', 'golang.org/x/sync/semaphore.(*Weighted).Acquire', 'main.crawl'],
  ['wait-group', 'sync.(*WaitGroup).Wait', 'main.both'],
  ['io-pipe', 'io.(*pipe).read', 'io.(*PipeReader).Read', 'main.upload'],
  ['io-pipe', 'sync.(*Cond).Wait', 'io.(*pipe).Read', 'io.(*PipeReader).Read', 'main.upload'],
  ['copying', 'internal/poll.(*FD).Read', 'net.(*netFD).Read', 'net.(*conn).Read', 'io.copyBuffer', 'io.Copy', 'main.forward'],
  ['reading', 'internal/poll.(*FD).Read', 'net.(*netFD).Read', 'net.(*conn).Read', 'main.(*session).receive'],
  ['writing', 'internal/poll.(*FD).Write', 'net.(*netFD).Write', 'net.(*conn).Write', 'main.(*session).send'],
  ['subprocess', 'io.copyBuffer', 'os/exec.(*Cmd).writerDescriptor.func1', 'os/exec.(*Cmd).Start.func1'],
  ['context', 'context.(*cancelCtx).propagateCancel.func2'],
  ['stuck-handler', 'main.slow', 'net/http.HandlerFunc.ServeHTTP', 'net/http.(*conn).serve'],
  ['runtime', 'os/signal.signal_recv', 'os/signal.loop'],
  ['test-run', 'testing.(*T).Run', 'testing.runTests.func1', 'testing.tRunner', 'main.main'],
];

const text = {
  'debug=1': (functions: readonly string[]): string => `goroutine profile: total 7\n7 @ 0x1 0x2\n${functions.map((name) => `#\t0x1\t${name}+0x18\t/src/a.go:12\n`).join('')}\n`,
  'debug=2': (functions: readonly string[]): string => Array.from({ length: 7 }, (_, id) => `goroutine ${id + 5} [select, 3 minutes]:\n${functions.map((name) => `${name}(0x1)\n\t/src/a.go:12 +0x18\n`).join('')}\n`).join(''),
};

for (const [form, write] of Object.entries(text)) {
  describe(`in ${form}`, () => {
    for (const [id, ...functions] of STACKS) {
      test(`${functions[0]}: ${id}`, () => {
        const [first] = summarizeProfile(parseDump(write(functions)).profile).diagnoses;
        assert.deepEqual([first?.id, first?.count], [id, 7]);
        assert.match(first.sentence, /^7 [^]+\.$/);
      });
    }
  });
}

test('what Go\'s collector has found is said as proof, apart from those with the same stack that it has not', () => {
  const goroutine = (id: number, state: string): string => `goroutine ${id} [${state}]:\nmain.work()\n\t/src/a.go:12 +0x18\n\n`;
  const { diagnoses, groups } = summarizeProfile(parseDump(goroutine(5, 'chan receive (leaked), 3 minutes') + goroutine(6, 'chan receive (leaked)') + goroutine(7, 'chan receive, 3 minutes')).profile);
  assert.deepEqual(diagnoses.map(({ id, count }) => [id, count]), [['leaked', 2], ['channel-receive', 1]]);
  assert.equal(groups.length, 2);
  const [proof] = summarizeProfile(parseDump('goroutineleak profile: total 3\n3 @ 0x1\n#\t0x1\tmain.work+0x18\t/src/a.go:12\n\n').profile).diagnoses;
  assert.deepEqual([proof?.id, proof?.count], ['leaked', 3]);
});

test('what is said of a Node process names no goroutines and no options of Go, and what is said of Go does', () => {
  const dumpOf = (file: string): string => [
    ['watertight.(*persistConn).readLoop', 'stockOf'], ['watertight.(*Transport).getConn', 'ask'], ['watertight.(*persistConn).roundTrip', 'ask'], ['watertight.(*Transport).dialConn', 'ask'], ['work', 'main'],
  ].map((names, i) => `goroutine ${i + 5} [select]:\n${names.map((name) => `${name}(0x1)\n\t/srv/app/main.${file}:12 +0x18\n`).join('')}\n`).join('');
  const said = (file: string): string => summarizeProfile(parseDump(dumpOf(file)).profile).diagnoses.map(({ sentence, advice }) => `${sentence} ${advice}`).join('\n');
  assert.doesNotMatch(said('ts'), /goroutine|debug=2|ctx|Dialer|MaxConns|resp\.Body/);
  assert.match(said('ts'), /tasks? /);
  assert.match(said('go'), /goroutine/);
});

test('each diagnosis has its section in the docs, and a sentence for one', () => {
  const docs = readFileSync(new URL('../../../../docs/diagnoses.md', import.meta.url), 'utf8');
  for (const [id, ...functions] of [...STACKS, ['leaked', 'main.work'] as const]) {
    assert.ok(docs.includes(`\n## ${id}\n`), id);
    const [first] = summarizeProfile(parseDump(`goroutine 5 [select${id === 'leaked' ? ' (leaked)' : ''}]:\n${functions.map((name) => `${name}(0x1)\n\t/src/a.go:12 +0x18\n`).join('')}`).profile).diagnoses;
    assert.match(first.sentence, /^1 .*\.$/);
    assert.doesNotMatch(first.sentence, /\b1 \w+s (?:are|wait|have)\b/);
  }
});
