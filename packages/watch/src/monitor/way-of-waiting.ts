/**
 * Owns what a stack says of who can end its wait: for which of them a cohort that nobody leaves is a leak, and how
 * soon.
 *
 * Who waits for the network, or answers a client that is still there, is ended from outside; for how long that may
 * take, nobody in the program decides. Who waits for a channel, a lock or the reader of a body waits for the program
 * itself. Pure.
 */
import type { Frame } from 'watertight/pprof';
import type { Habit } from '../detect/index.js';

/**
 * - `sealed`: only the program can end it, and healthy programs do so within a moment: a send on a channel, a lock, a
 *   body's reader, the end of a result
 * - `pooled`: a client's connection that nobody uses, kept for the next request
 * - `inner`: only the program can end it, and healthy tasks may wait like this for long: workers, loops, timers
 * - `open`: somebody outside of the program can: the network, a client that is being answered
 * - `aside`: says nothing: what runs, what listens, the loop that writes for another one
 */
export type WayOfWaiting = 'sealed' | 'pooled' | 'inner' | 'open' | 'aside';

/** The stack of one group, in any form of profile. */
export interface WaitingStack {
  readonly frames: readonly Frame[];
  /** As debug=2 has it; null in the other forms. */
  readonly state: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

const MINUTE = 60_000;

/** What is usual for each; null where cohorts say nothing. */
export const HABITS: Readonly<Record<WayOfWaiting, Habit | null>> = {
  sealed: { life: MINUTE / 2, generations: 4, fills: 0 },
  pooled: { life: 3 * MINUTE, generations: 4, fills: 11.5 * MINUTE },
  inner: { life: 3 * MINUTE, generations: 4, fills: 11.5 * MINUTE },
  open: null,
  aside: null,
};

const CLIENT_LOOP = /^(?:(?:net\/http|watertight)\.\(\*persistConn\)\.readLoop|(?:undici|fetch|node:http)\.\()/;
const STREAM = /\.\(\*(?:http2)?[cC]lientStream\)\.(?:doRequest|writeRequest|awaitRequestCancel)$/;
const HTTP2_LOOP = /\.\(\*(?:http2)?[cC]lientConn\)\.readLoop$/;
const ASIDE = /\.\(\*persistConn\)\.writeLoop$|^runtime\/pprof\.|\.\(\*(?:TCP|Unix)Listener\)\.Accept$|^net\/http\.\(\*connReader\)\.backgroundRead$|^os\/signal\./;
/** A driver's goroutine for one connection of a `sql.DB`, which every query wakes. */
const DRIVER = /go-sql-driver\/mysql\.\(\*mysqlConn\)\.startWatcher|lib\/pq\.\(\*conn\)\.watchCancel|jackc\/pgx\/.*ctxwatch\./;
/** The server's side of a connection, with a handler above it. */
const HANDLER = /^net\/http\.\(\*conn\)\.serve$|\.\(\*(?:http2)?serverConn\)\.(?:serve|runHandler|writeFrameAsync)$|^google\.golang\.org\/grpc.*\.\(\*Server\)\.|^github\.com\/valyala\/fasthttp\.\(\*(?:Server|workerPool)\)\./;
const NETWORK = /^internal\/poll\.(?:runtime_pollWait|\(\*(?:FD|pollDesc)\)\.)/;
const SEND = /^runtime\.chansend\d?$/;
const LOCK = /^(?:internal\/)?sync\.\(\*(?:RW)?Mutex\)\.(?:Lock|lockSlow|RLock|rLockSlow)$/;
const ENDLESS = /^(?:chan (?:send|receive) \(nil chan\)|select \(no cases\))$/;
/** What waits for a result to be closed, and for a context to be cancelled, and for nothing else. */
const CLOSED = /^database\/sql\.\(\*Rows\)\.awaitDone$|^context\.(?:propagateCancel|\(\*cancelCtx\)\.propagateCancel)\.func\d+$/;
const NOT_WAITING = new Set(['running', 'runnable', 'syscall', 'idle', 'dead', 'copystack', 'preempted']);
const SCRIPT = /\.[cm]?[jt]sx?$/;
const OURS = /^(?:watertight|undici|fetch|node:http)\./;

/** Who can end the wait of a stack. */
export function wayOfWaiting({ frames, state, labels }: WaitingStack): WayOfWaiting {
  const has = (pattern: RegExp): boolean => frames.some(({ function: name }) => pattern.test(name));
  const said = (state ?? labels.state ?? '').toLowerCase();
  if (has(ASIDE)) return 'aside';
  if (frames.some(({ function: name, file }) => OURS.test(name) || SCRIPT.test(file))) return ofNode(frames, said, labels);
  if (has(CLIENT_LOOP)) return said === 'io wait' || has(NETWORK) || has(/^bufio\.\(\*Reader\)\.Peek$/) || has(/\.\(\*persistConn\)\.Read$/) ? 'pooled' : 'sealed';
  if (has(HTTP2_LOOP) || has(DRIVER)) return 'pooled';
  if (has(STREAM) || has(CLOSED) || has(SEND) || has(LOCK) || said === 'chan send' || ENDLESS.test(said)) return 'sealed';
  if (NOT_WAITING.has(said)) return 'aside';
  return said === 'io wait' || has(NETWORK) || has(HANDLER) ? 'open' : 'inner';
}

/** Of a Node service: what runs on behalf of a request, or a task that the program started. */
function ofNode(frames: readonly Frame[], state: string, { verdict }: Readonly<Record<string, string>>): WayOfWaiting {
  const [{ function: name }] = frames;
  if (name === 'main.main') return 'aside';
  if (!OURS.test(name)) return 'inner';
  if (!CLIENT_LOOP.test(name)) return 'open';
  // Where the line of a request was not recorded, its loop is alone on the stack, as that of a connection at rest is; the state tells them apart.
  if (verdict === undefined ? frames.length === 1 && state !== 'select' : verdict === 'idle') return 'pooled';
  return state === 'io wait' ? 'open' : 'sealed';
}

/**
 * All unread bodies of a Node service as one group, the loop alone on the stack; null for any other stack. A service
 * records the lines of the first requests and of a sample, so that of one leaking line some have it and some do not.
 */
export function allBodiesOf(stack: WaitingStack, way = wayOfWaiting(stack)): WaitingStack | null {
  const [loop] = stack.frames;
  if (loop === undefined || stack.frames.length === 1 || !OURS.test(loop.function) || !CLIENT_LOOP.test(loop.function) || way !== 'sealed') return null;
  return { frames: [loop], state: 'select', labels: {} };
}

/** Whether a task that was awake is another one, as far as its wait goes: what waits for one thing only, rather than in a loop. */
export function endsByStirring(way: WayOfWaiting): boolean {
  return way === 'sealed' || way === 'pooled';
}

/** Whether a stack reads or hands on a response's body: the loop of that body's connection is not unread. */
export function isReader({ frames }: Pick<WaitingStack, 'frames'>): boolean {
  if (frames.some(({ function: name }) => BODY_READ.test(name))) return true;
  const copies = frames.findIndex(({ function: name }) => HANDS_ON.test(name));
  // What copies and reads, but no body: standard input, a database, another protocol.
  return copies !== -1 && !/\.[rR]ead$/.test(frames[copies - 1]?.function ?? '');
}

/** Reading a body. */
const BODY_READ = /^net\/http\.\(\*bodyEOFSignal\)\.Read$|\.\(?\*?(?:http2)?transportResponseBody\)?\.Read$/;
/**
 * Writing what was read: `io.Copy` and what is like it, a proxy's handler, also between reading and writing, and a
 * handler that waits for its own client, to whom it may be handing the body on.
 */
const HANDS_ON = /^io\.(?:Copy|CopyN|CopyBuffer|copyBuffer)$|(?:ReverseProxy|Handler)\)?\.(?:copyResponse|copyBuffer)$|\.\(\*(?:http2)?response(?:Writer)?\)\.(?:Write|WriteString|ReadFrom|write)$/;

/** Whether a stack waits for the head of a response: the loop of its connection looks as if nobody used it. */
export function isAwaiting({ frames }: Pick<WaitingStack, 'frames'>): boolean {
  return frames.some(({ function: name }) => /^net\/http\.\(\*persistConn\)\.roundTrip$|\.\(\*(?:http2)?[cC]lientConn\)\.(?:RoundTrip|roundTrip)$/.test(name));
}

/** Whether a stack is a loop whose body somebody may be reading. */
export function isBodyLoop({ frames }: Pick<WaitingStack, 'frames'>): boolean {
  return frames.some(({ function: name }) => CLIENT_LOOP.test(name) || STREAM.test(name));
}
