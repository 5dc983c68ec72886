/** Owns the rules about goroutines of libraries whose clients have some each: brokers, stores, Kubernetes, and smaller helpers. */
import { packagesOf } from './go-package.js';
import { of } from './package-pattern.js';
import { amount, waited, type Rule } from './rule.js';
import { callsLike } from './stack.js';

const KAFKA = of(
  // Whoever's copy it is.
  /(?:github\.com\/[\w.-]+\/sarama(?:-cluster)?|gopkg\.in\/Shopify\/sarama(?:\.|%2e)v\d+)\./,
  /github\.com\/segmentio\/kafka-go\./,
  /github\.com\/twmb\/franz-go\/pkg\/kgo\./,
  /github\.com\/confluentinc\/confluent-kafka-go(?:\/v\d+)?\/kafka\./,
);

export const kafka: Rule = {
  id: 'kafka',
  leak: true,
  matches: (stack) => callsLike(stack, KAFKA),
  sentence: (count, facts) => `${amount(count, 'goroutine')} of Kafka clients${waited(count, facts)}: a producer or consumer has several for each broker and partition.`,
  advice: 'Make one producer and one consumer for the program, and Close() those that are made for a task.',
};

const REDIS = /(?:github\.com\/(?:redis\/go-redis|go-redis\/redis)(?:\/v\d+)?|gopkg\.in\/redis(?:\.|%2e)v\d+)/.source;
const REDIS_WAITS = of(new RegExp(`${REDIS}/internal/pool\\.\\(\\*ConnPool\\)\\.(?:waitTurn|queuedNewConn)$`));
const REDIS_LOOP = of(
  new RegExp(`${REDIS}(?:/internal/pool\\.\\(\\*ConnPool\\)\\.(?:reaper|checkMinIdleConns)|\\.\\(\\*(?:ClusterClient|clusterNodes|clusterStateHolder|Ring|ringShards|ringSharding)\\)\\.(?:reaper|Heartbeat))`),
  /github\.com\/redis\/rueidis\.\(\*pipe\)\./,
);
const REDIS_SUBSCRIPTION = of(new RegExp(`${REDIS}\\.\\(\\*(?:PubSub|channel|pubSub)\\)\\.`));

export const redisConnection: Rule = {
  id: 'redis-connection',
  leak: true,
  matches: (stack) => callsLike(stack, REDIS_WAITS),
  sentence: (count, facts) => `${amount(count, 'Redis command waits', 'Redis commands wait')} for a connection${waited(count, facts)}: PoolSize is reached.`,
  advice: 'Look for what holds connections: subscriptions, blocking commands, and Conn() or Tx without Close().',
};

export const redisSubscription: Rule = {
  id: 'redis-subscription',
  leak: true,
  matches: (stack) => callsLike(stack, REDIS_SUBSCRIPTION),
  sentence: (count, facts) => `${amount(count, 'goroutine')} of Redis subscriptions${waited(count, facts)}: each has up to three, and a connection.`,
  advice: 'defer pubsub.Close() where Subscribe was called: a subscription that is left stays.',
};

export const redis: Rule = {
  id: 'redis',
  leak: true,
  matches: (stack) => callsLike(stack, REDIS_LOOP),
  sentence: (count, facts) => `${amount(count, 'Redis client is', 'Redis clients are')} open${waited(count, facts)}: each has a goroutine that looks after its connections.`,
  advice: 'Make one client when the program starts, and share it: it is a pool. One that is made for a task needs defer client.Close().',
};

const INFORMERS = of(/k8s\.io\/client-go\/(?:tools\/(?:cache|watch|record|leaderelection)|informers|util\/workqueue|dynamic\/dynamicinformer|metadata\/metadatainformer)/, /k8s\.io\/apimachinery\/pkg\/watch\./, /sigs\.k8s\.io\/controller-runtime\/pkg\/(?:cache|source)/);

export const informers: Rule = {
  id: 'informers',
  leak: true,
  matches: (stack) => callsLike(stack, INFORMERS),
  sentence: (count, facts) => `${amount(count, 'goroutine')} of Kubernetes informers, watches or work queues${waited(count, facts)}: each has several, which end with its stop channel.`,
  advice: 'Make one SharedInformerFactory and share it; close the channel that Start or Run was given, call Stop() of a watch and ShutDown() of a queue, when it is not needed any more.',
};

/** Packages whose objects have goroutines of their own until they are closed. */
const OWNERS = of(
  /github\.com\/nats-io\/(?:nats(?:\.|%2e)go|go-nats|stan(?:\.|%2e)go)\./,
  /github\.com\/(?:rabbitmq\/amqp091-go|streadway\/amqp|Azure\/(?:go-)?amqp)\./,
  /github\.com\/eclipse\/paho(?:\.|%2e)mqtt(?:\.|%2e)golang\./,
  /github\.com\/(?:apache\/pulsar-client-go|nsqio\/go-nsq|go-zookeeper\/zk|samuel\/go-zookeeper\/zk|hashicorp\/consul\/api\/watch)\b/,
  /go\.mongodb\.org\/mongo-driver(?:\/v\d+)?\//,
  /go\.etcd\.io\/etcd\/client(?:v3|\/v3)|github\.com\/coreos\/etcd\/clientv3/,
  /go\.opentelemetry\.io\/otel\/(?:sdk|exporters)|go\.opencensus\.io\//,
  /github\.com\/fsnotify\/fsnotify\./,
  /github\.com\/(?:patrickmn\/go-cache|jellydator\/ttlcache|ReneKroon\/ttlcache|hashicorp\/golang-lru|dgraph-io\/(?:ristretto|badger)|syndtr\/goleveldb|allegro\/bigcache|karlseguin\/ccache)\b/,
  /github\.com\/(?:robfig\/cron|go-co-op\/gocron)\b|gopkg\.in\/natefinch\/lumberjack(?:\.|%2e)v2\./,
  /github\.com\/(?:lucas-clemente|quic-go)\/quic-go\b|github\.com\/(?:hashicorp|libp2p\/go)[/-]yamux\b|github\.com\/xtaci\/smux\b/,
);

/** One rule for all of them: what helps is the same. */
export const owned: Rule = {
  id: 'library-object',
  leak: true,
  matches: (stack) => callsLike(stack, OWNERS),
  sentence: (count, facts) => `${amount(count, 'goroutine')} of ${packagesOf(facts.stacks, ({ frames }) => frames.find((frame) => OWNERS.test(frame.function))?.function)}${waited(count, facts)}: a client, watcher, cache or session has some of its own until it is closed.`,
  advice: 'Make one when the program starts, and share it; one that is made for a task needs a Close(), Stop() or Shutdown(), with defer.',
};

const GROUPS = of(/golang\.org\/x\/sync\/(?:errgroup\.\(\*Group\)\.(?:Go|Wait)|semaphore\.\(\*Weighted\)\.Acquire|singleflight\.\(\*Group\)\.Do)$/);

export const group: Rule = {
  id: 'errgroup',
  leak: true,
  // Who does the work for the others is in doCall, and waits for what the work waits for.
  matches: (stack) => callsLike(stack, GROUPS) && !callsLike(stack, /singleflight\.\(\*Group\)\.doCall$/),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} for others${waited(count, facts)}: those of its errgroup, of its semaphore, or the one that does the same work (singleflight).`,
  advice: 'Look at what the others wait for. Give them the group\'s context, and release what was acquired with defer.',
};
