/** What the goroutines of libraries mean: each rule on a stack as the library has it, in both forms of text. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { summarizeProfile } from '#diagnose';
import { parseDump } from 'watertight/pprof';

/** Functions of one stack, innermost first; what the first diagnosis must be. */
const STACKS: readonly (readonly [id: string, ...functions: string[]])[] = [
  ['http2-connections', 'net/http.(*http2clientConnReadLoop).run', 'net/http.(*http2ClientConn).readLoop'],
  ['http2-connections', 'golang.org/x/net/http2.(*clientConnReadLoop).run', 'golang.org/x/net/http2.(*ClientConn).readLoop'],
  ['unread-http2-stream', 'net/http.(*http2clientStream).writeRequest', 'net/http.(*http2clientStream).doRequest'],
  ['unread-http2-stream', 'golang.org/x/net/http2.(*clientStream).awaitRequestCancel'],
  ['http2-writer', 'net/http.(*http2serverConn).writeDataFromHandler', 'net/http.(*http2responseWriterState).writeChunk', 'main.download', 'net/http.(*http2serverConn).runHandler'],
  ['name-lookup', 'net.cgoLookupIP', 'net.(*Resolver).lookupIP', 'net.(*Resolver).lookupIPAddr.func1'],
  ['name-lookup', 'net.(*Resolver).exchange', 'net.(*Resolver).tryOneName', 'net.(*Resolver).goLookupIPCNAMEOrder.func3.1'],
  ['websocket', 'bufio.(*Reader).Peek', 'github.com/gorilla/websocket.(*Conn).advanceFrame', 'github.com/gorilla/websocket.(*Conn).NextReader', 'main.read', 'net/http.(*conn).serve'],
  ['websocket', 'github.com/coder/websocket.(*Conn).readLoop', 'github.com/coder/websocket.(*Conn).Reader', 'main.read'],
  ['sql-database', 'database/sql.(*DB).connectionOpener'],
  ['sql-rows', 'database/sql.(*Rows).awaitDone'],
  ['sql-transaction', 'database/sql.(*Tx).awaitDone'],
  ['sql-driver-connection', 'github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1'],
  ['sql-driver-connection', 'example.com/shop/vendor/github.com/lib/pq.(*conn).watchCancel.func1'],
  ['sql-connection', 'database/sql.(*DB).conn', 'database/sql.(*DB).query', 'main.list'],
  ['grpc-stream', 'google.golang.org/grpc.newClientStreamWithParams.func4'],
  ['grpc-stream', 'k8s.io/kubernetes/vendor/google.golang.org/grpc.newClientStream.func5'],
  ['grpc-connection', 'google.golang.org/grpc.(*addrConn).resetTransport'],
  ['grpc-connection', 'internal/poll.(*FD).Read', 'bufio.(*Reader).Read', 'golang.org/x/net/http2.(*Framer).ReadFrame', 'google.golang.org/grpc/internal/transport.(*http2Client).reader'],
  ['grpc-connection', 'google.golang.org/grpc/internal/transport.(*controlBuffer).get', 'google.golang.org/grpc/internal/transport.(*loopyWriter).run'],
  ['kafka', 'github.com/IBM/sarama.(*partitionProducer).dispatch', 'github.com/IBM/sarama.withRecover'],
  ['kafka', 'github.com/segmentio/kafka-go.(*reader).run'],
  ['redis', 'github.com/redis/go-redis/v9/internal/pool.(*ConnPool).reaper'],
  ['redis', 'gopkg.in/redis.v5/internal/pool.(*ConnPool).reaper'],
  ['informers', 'k8s.io/client-go/tools/cache.(*Reflector).watchHandler', 'k8s.io/client-go/tools/cache.(*Reflector).ListAndWatch'],
  ['informers', 'sync.(*Cond).Wait', 'k8s.io/client-go/tools/cache.(*DeltaFIFO).Pop'],
  ['lock', 'sync.(*RWMutex).Lock', 'k8s.io/client-go/tools/cache.(*sharedProcessor).shouldResync'],
  ['errgroup', 'sync.(*WaitGroup).Wait', 'golang.org/x/sync/errgroup.(*Group).Wait', 'main.crawl'],
  ['errgroup', 'golang.org/x/sync/semaphore.(*Weighted).Acquire', 'main.crawl'],
  ['io-pipe', 'io.(*pipe).read', 'io.(*PipeReader).Read', 'main.upload'],
  ['copying', 'internal/poll.(*FD).Read', 'net.(*netFD).Read', 'net.(*conn).Read', 'io.copyBuffer', 'io.Copy', 'main.forward'],
  ['context', 'context.(*cancelCtx).propagateCancel.func2'],
  ['stuck-handler', 'main.slow', 'net/http.HandlerFunc.ServeHTTP', 'net/http.(*conn).serve'],
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
  const { diagnoses, groups } = summarizeProfile(parseDump(goroutine(5, 'chan receive (leaked), 3 minutes') + goroutine(6, 'chan receive (leaked)') + goroutine(7, 'chan receive')).profile);
  assert.deepEqual(diagnoses.map(({ id, count }) => [id, count]), [['leaked', 2], ['channel-receive', 1]]);
  assert.equal(groups.length, 2);
  const [proof] = summarizeProfile(parseDump('goroutineleak profile: total 3\n3 @ 0x1\n#\t0x1\tmain.work+0x18\t/src/a.go:12\n\n').profile).diagnoses;
  assert.deepEqual([proof?.id, proof?.count], ['leaked', 3]);
});

test('each diagnosis of a library has its section in the docs, and a sentence for one', () => {
  const docs = readFileSync(new URL('../../../../docs/diagnoses.md', import.meta.url), 'utf8');
  for (const [id, ...functions] of [...STACKS, ['leaked', 'main.work'] as const]) {
    assert.ok(docs.includes(`\n## ${id}\n`), id);
    const [first] = summarizeProfile(parseDump(`goroutine 5 [select${id === 'leaked' ? ' (leaked)' : ''}]:\n${functions.map((name) => `${name}(0x1)\n\t/src/a.go:12 +0x18\n`).join('')}`).profile).diagnoses;
    assert.match(first.sentence, /^1 .*\.$/);
    assert.doesNotMatch(first.sentence, /\b1 \w+s (?:are|wait|have)\b/);
  }
});
