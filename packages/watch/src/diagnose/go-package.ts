/** Owns whose a Go function is: Go's own, a dependency's, or the program's. Pure. */
import type { Frame } from 'watertight/pprof';

/** Go's own packages have no dot in the first element of their path; a program's `main` and a module's path are not among them. */
const STANDARD = /^(?:runtime|internal|net|crypto|bufio|io|os|sync|time|context|database|encoding|bytes|log|syscall|reflect|sort|strings|errors|fmt|text|html|compress|hash|math|path|regexp|testing|mime|archive|container|embed|expvar|flag|go|image|index|iter|maps|plugin|slices|unicode|unique|weak|vendor|golang\.org\/x)(?:\/|\.)/;

/** Libraries that stand between a program and what it waits for: the line to blame is the one that calls them, also where their sources lie beside the program's. */
const LIBRARY =
  /^(?:google\.golang\.org|k8s\.io\/(?:client-go|apimachinery|klog)|sigs\.k8s\.io\/controller-runtime|go\.mongodb\.org|go\.etcd\.io\/etcd\/client|github\.com\/coreos\/etcd\/clientv3|go\.opentelemetry\.io|go\.opencensus\.io|gopkg\.in\/redis|nhooyr\.io|github\.com\/(?:go-sql-driver|lib\/pq|jackc|redis|go-redis|gomodule\/redigo|aws|prometheus\/client_golang|hashicorp\/go-retryablehttp|go-resty|valyala\/fasthttp|IBM\/sarama|Shopify\/sarama|segmentio\/kafka-go|twmb\/franz-go|confluentinc|nats-io\/(?:nats(?:\.|%2e)go|go-nats)|rabbitmq\/amqp091-go|streadway\/amqp|eclipse\/paho|gorilla\/websocket|coder\/websocket|gobwas\/ws|fsnotify))\b/;

/** Where a dependency's sources lie: in the module cache, with their version (-trimpath), or vendored. */
const DEPENDENCY = /[\\/]pkg[\\/]mod[\\/]|@v\d+\.|(?:^|[\\/])vendor[\\/]/;

/** - `library`: one that stands between a program and what it waits for
 * - `dependency`: another module's, as its place shows */
export type PackageKind = 'go' | 'library' | 'dependency' | 'own';

/** `goRoot`: where Go's sources lie; null where that is not known. */
export function packageKind({ function: name, file }: Pick<Frame, 'function' | 'file'>, goRoot: string | null): PackageKind {
  if (goRoot !== null && file.startsWith(goRoot)) return 'go';
  const path = name.replace(/^.*\/vendor\//, '');
  if (isStandard(path)) return 'go';
  // A program may be installed from the module cache: its `main` is its own.
  if (/^main\./.test(path)) return 'own';
  if (LIBRARY.test(path)) return 'library';
  return path !== name || DEPENDENCY.test(file) ? 'dependency' : 'own';
}

function isStandard(path: string): boolean {
  const plain = path.replace(/\[.*$/, '');
  const slash = plain.indexOf('/');
  const host = slash === -1 ? '' : plain.slice(0, slash);
  return host.includes('.') && host !== 'golang.org' ? false : STANDARD.test(plain);
}

/** The package of a function, for people: `github.com/IBM/sarama`, `k8s.io/client-go`. */
export function packageOf(name: string): string {
  const path = name.replace(/^.*\/vendor\//, '').replace(/\[.*$/, '');
  const slash = path.lastIndexOf('/');
  const dot = path.indexOf('.', slash + 1);
  return decoded(dot === -1 ? path : path.slice(0, dot))
    .split('/')
    .slice(0, path.startsWith('github.com/') ? 3 : 2)
    .join('/');
}

/** Go's linker writes dots in the last element of a path as `%2e`: `gopkg.in/redis%2ev5`. */
function decoded(path: string): string {
  return path.replace(/%2e/gi, '.');
}

/** The packages of stacks, those with most tasks first: `a and b`. `functionOf`: the function that tells a stack's package. */
export function packagesOf<T extends { readonly count: number }>(stacks: readonly T[], functionOf: (stack: T) => string | undefined): string {
  const counts = new Map<string, number>();
  for (const stack of stacks) {
    const name = packageOf(functionOf(stack) ?? '');
    counts.set(name, (counts.get(name) ?? 0) + stack.count);
  }
  const names = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(' and ');
}
