// Programs as their goroutines: when each begins and ends, in which stack it stands, and how it waits. Healthy ones of
// the kinds that live long, and leaks of every kind; each seed makes another one.
import type { WaitingStack } from '#monitor';
import { Random } from '../detect/series/random.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** One goroutine. Times in ms after the beginning. */
export interface SimulatedTask {
  readonly id: number;
  readonly begins: number;
  readonly ends: number;
  /** Where it stands; of several, in one of them at each look. */
  readonly stacks: readonly WaitingStack[];
  /** How often it is awake, ms; Infinity for never. */
  readonly stirs: number;
}

export interface SimulatedProgram {
  readonly tasks: readonly SimulatedTask[];
  /** When it begins to leak; null where it does not. */
  readonly onset: number | null;
}

function stack(state: string, ...functions: string[]): WaitingStack {
  return { frames: functions.map((name, i) => ({ function: name, file: '/src/x.go', line: i + 1, address: '0x1' })), state, labels: {} };
}

const POLL = ['internal/poll.runtime_pollWait', 'internal/poll.(*FD).Read', 'net.(*conn).Read'];
const SERVE = 'net/http.(*conn).serve';

export const STACKS = {
  readLoop: stack('select', 'net/http.(*persistConn).readLoop'),
  writeLoop: stack('select', 'net/http.(*persistConn).writeLoop'),
  idleLoop: stack('IO wait', ...POLL, 'net/http.(*persistConn).Read', 'bufio.(*Reader).Peek', 'net/http.(*persistConn).readLoop'),
  http2Stream: stack('select', 'net/http.(*http2clientStream).writeRequest', 'net/http.(*http2clientStream).doRequest'),
  http2Loop: stack('IO wait', ...POLL, 'crypto/tls.(*Conn).Read', 'net/http.(*http2ClientConn).readLoop'),
  send: stack('chan send', 'main.firstAnswer.func1'),
  ticker: stack('select', 'main.startPoller.func1'),
  context: stack('select', 'context.propagateCancel.func1'),
  rows: stack('select', 'database/sql.(*Rows).awaitDone'),
  lock: stack('semacquire', 'sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow', 'sync.(*Mutex).Lock', 'main.(*account).add'),
  proxied: stack('IO wait', 'internal/poll.runtime_pollWait', 'internal/poll.(*FD).Write', 'net.(*conn).Write', 'net/http.(*response).Write', 'net/http/httputil.(*ReverseProxy).copyBuffer', 'net/http/httputil.(*ReverseProxy).ServeHTTP', SERVE),
  proxiedByCaddy: stack('IO wait', 'internal/poll.runtime_pollWait', 'internal/poll.(*FD).Write', 'net.(*conn).Write', 'bufio.(*Writer).Write', 'main.(*recorder).Write', 'github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy.Handler.copyBuffer', SERVE),
  download: stack('IO wait', 'internal/poll.runtime_pollWait', 'internal/poll.(*FD).Write', 'net.(*conn).Write', 'net/http.(*response).Write', 'main.download', SERVE),
  background: stack('IO wait', ...POLL, 'net/http.(*connReader).backgroundRead'),
  socketReader: stack('IO wait', ...POLL, 'websocket.(*Conn).NextReader', 'main.(*session).read', 'main.handle', SERVE),
  socketWriter: stack('select', 'main.(*session).write'),
  longPoll: stack('select', 'main.poll', 'net/http.HandlerFunc.ServeHTTP', SERVE),
  partition: stack('chan receive', 'main.(*consumer).partition'),
  fetcher: stack('select', 'main.(*consumer).fetch'),
  worker: stack('chan receive', 'main.worker'),
  query: stack('IO wait', ...POLL, 'main.(*db).query', 'main.job'),
  computing: stack('running', 'main.compute', 'main.job'),
  results: stack('chan receive', 'main.gather', 'main.job'),
  entry: stack('select', 'main.(*entry).refresh'),
  request: stack('select', 'main.handleOrder', SERVE),
  task: stack('select', 'main.task'),
} satisfies Record<string, WaitingStack>;

class Program {
  readonly tasks: SimulatedTask[] = [];
  private id = 1;

  constructor(readonly random: Random) {}

  add(begins: number, life: number, stacks: WaitingStack | readonly WaitingStack[], stirs = Infinity): void {
    this.tasks.push({ id: (this.id += 1 + Math.floor(this.random.next() * 50)), begins, ends: begins + life, stacks: 'frames' in stacks ? [stacks] : stacks, stirs });
  }

  /** Calls `come` at random, so many times an hour. */
  arrivals(perHour: (at: number) => number, most: number, until: number, come: (at: number) => void, from = 0): void {
    for (let at = from + this.random.exponential(HOUR / most); at < until; at += this.random.exponential(HOUR / most)) if (this.random.chance(perHour(at) / most)) come(at);
  }
}

const LENGTH = 2 * HOUR;

/** How long, ms: most are near the middle, a few are much longer. */
function lognormal(random: Random, middle: number, spread: number): number {
  return middle * Math.exp(spread * random.normal());
}

type Draw = (program: Program, random: Random, until: number) => void;

export const HEALTHY: Readonly<Record<string, Draw>> = {
  'reverse proxy, slow clients'(program, random, until) {
    const rate = random.scale(5, 400);
    const life = Math.min(random.scale(3, 120) * MINUTE, (150 / rate) * HOUR);
    const spread = random.pick([0, 0.3, 1]);
    const handler = random.pick([STACKS.proxied, STACKS.proxiedByCaddy, STACKS.download]);
    program.arrivals(() => rate, rate, until, (at) => {
      const lasts = lognormal(random, life, spread);
      program.add(at, lasts, STACKS.readLoop);
      program.add(at, lasts, STACKS.writeLoop);
      program.add(at, lasts, handler, MINUTE / 6);
      program.add(at, lasts, STACKS.background);
    }, random.chance(0.5) ? 0 : -3 * HOUR);
  },
  'websocket hub'(program, random, until) {
    const most = random.scale(20, 250);
    const phase = random.between(0, 24);
    const life = random.scale(20, 360) * MINUTE;
    const pings = random.pick([MINUTE, Infinity]);
    program.arrivals((at) => (most / 2) * (1 + 0.9 * Math.sin((2 * Math.PI * (at / HOUR + phase)) / 24)), most, until, (at) => {
      const lasts = lognormal(random, life, 0.7);
      program.add(at, lasts, STACKS.socketReader, random.scale(0.2, 10) * MINUTE);
      program.add(at, lasts, STACKS.socketWriter, pings);
    }, random.chance(0.4) ? 0 : -8 * HOUR);
  },
  'consumer groups'(program, random, until) {
    let at = random.chance(0.5) ? 0 : -HOUR;
    while (at < until) {
      const partitions = Math.round(random.scale(4, 120));
      const next = at + random.scale(4, 90) * MINUTE;
      for (let i = 0; i < partitions; i++) {
        const begins = at + random.between(0, 5000);
        program.add(begins, next - begins, STACKS.partition, random.scale(0.05, 10) * MINUTE);
        program.add(begins, next - begins, STACKS.fetcher, 1000);
      }
      at = next + 3000;
    }
  },
  'batch workers'(program, random, until) {
    const every = random.scale(10, 60) * MINUTE;
    const takes = random.between(0.3, 1.4) * every;
    const [workers, within] = [Math.round(random.scale(5, 150)), random.pick([0, 10_000, 3 * MINUTE])];
    const stacks = random.pick([[STACKS.query, STACKS.computing, STACKS.results, STACKS.send], [STACKS.results], [STACKS.worker]]);
    for (let at = -2 * every; at < until; at += every) {
      for (let i = 0; i < workers; i++) program.add(at + random.between(0, within), lognormal(random, takes, 0.2), stacks, random.pick([10_000, Infinity]));
    }
  },
  'pools resized'(program, random, until) {
    let size = Math.round(random.scale(4, 60));
    const stacks = random.pick([STACKS.idleLoop, STACKS.worker]);
    const used = random.scale(0.1, 4) * MINUTE;
    const open: { begins: number; ends: number }[] = [];
    for (let i = 0; i < size; i++) open.push({ begins: -HOUR, ends: Infinity });
    for (let at = random.scale(5, 40) * MINUTE; at < until; at += random.scale(10, 60) * MINUTE) {
      const next = Math.round(random.scale(4, 120));
      const takes = random.pick([1000, MINUTE, 8 * MINUTE]);
      for (let i = size; i < next; i++) open.push({ begins: at + random.between(0, takes), ends: Infinity });
      const there = open.filter(({ begins, ends }) => begins <= at && ends === Infinity);
      for (let i = next; i < size; i++) there.splice(Math.floor(random.next() * there.length), 1)[0].ends = at + random.between(0, takes);
      size = next;
    }
    for (const { begins, ends } of open) program.add(begins, ends - begins, stacks, used);
  },
  'lazy cache'(program, random, until) {
    // Each entry is made at its first use, and refreshes itself from then on.
    const entries = Math.round(random.scale(8, 400));
    const fills = random.scale(0.3, 5) * MINUTE;
    const skewed = random.chance(0.5);
    const begins = random.chance(0.5) ? 0 : random.between(0, HOUR);
    const stirs = random.pick([Infinity, MINUTE / 4]);
    for (let i = 0; i < entries; i++) {
      const at = begins + random.exponential(skewed ? (fills * (2 * (i + 1))) / entries : fills);
      if (at < until) program.add(at, Infinity, STACKS.entry, stirs);
    }
  },
  '10,000 long polls'(program, random, until) {
    const [clients, lasts, ramp] = [10_000, random.scale(5, 40) * MINUTE, random.pick([0, 5, 60]) * MINUTE];
    for (let i = 0; i < clients; i++) {
      const from = random.between(0, ramp) - (ramp === 0 ? HOUR : 0);
      program.add(from, Infinity, STACKS.background, 1000);
      for (let at = from; at < until; ) {
        const life = Math.max(1000, lasts * random.between(0.2, 1));
        program.add(at, life, STACKS.longPoll);
        at += life + random.between(100, 3000);
      }
    }
  },
  'senders that wait for a slow receiver'(program, random, until) {
    const rate = random.scale(30, 3000);
    const life = Math.min(random.scale(0.02, 2) * MINUTE, (100 / rate) * HOUR);
    program.arrivals((at) => rate * (0.6 + 0.4 * Math.sin(at / HOUR)), rate, until, (at) => program.add(at, random.exponential(life), STACKS.send), -HOUR);
  },
  'bodies read in the background'(program, random, until) {
    const rate = random.scale(30, 2000);
    const life = Math.min(random.scale(0.02, 1) * MINUTE, (100 / rate) * HOUR);
    program.arrivals(() => rate, rate, until, (at) => program.add(at, random.exponential(life), STACKS.readLoop), -HOUR);
  },
  'requests, some of them long'(program, random, until) {
    const rate = random.scale(100, 3000);
    program.arrivals((at) => rate * (0.6 + 0.4 * Math.sin(at / HOUR)), rate, until, (at) => {
      const life = lognormal(random, 5000, 1.5);
      program.add(at, life, STACKS.request);
      program.add(at, life, STACKS.task);
    }, -HOUR);
  },
};

/** The kinds of leaks, and what one leaked thing is. */
export const LEAKS: Readonly<Record<string, readonly WaitingStack[]>> = {
  'HTTP/1 body': [STACKS.readLoop, STACKS.writeLoop],
  'HTTP/2 body': [STACKS.http2Stream],
  'channel send': [STACKS.send],
  ticker: [STACKS.ticker],
  context: [STACKS.context],
  'SQL rows': [STACKS.rows],
  mutex: [STACKS.lock],
  'HTTP/1 Transport per request': [STACKS.idleLoop, STACKS.writeLoop],
  'HTTP/2 Transport per request': [STACKS.http2Loop],
};

/** A healthy program of a class. */
export function healthyProgram(name: string, seed: number, until = LENGTH): SimulatedProgram {
  const random = new Random(Math.imul(seed + 1, 0x9e3779b1) ^ name.length);
  const program = new Program(random);
  HEALTHY[name](program, random, until);
  return { tasks: program.tasks, onset: null };
}

/** One that leaks at a pace, evenly or at random, from some minutes on. `beside`: so many others of the same stack come and go. */
export function leakingProgram(name: string, perHour: number, seed: number, { isEven = true, beside = null as readonly [number, number] | null, until = LENGTH } = {}): SimulatedProgram {
  const random = new Random(Math.imul(seed + 1, 0x85ebca6b) ^ name.length);
  const program = new Program(random);
  const onset = random.between(0, 20) * MINUTE;
  const leak = (at: number): void => LEAKS[name].forEach((each) => program.add(at, Infinity, each, each === STACKS.ticker ? 1000 : Infinity));
  if (isEven) for (let at = onset; at < until; at += HOUR / perHour) leak(at);
  else program.arrivals(() => perHour, perHour, until, leak, onset);
  if (beside !== null) {
    const [least, most] = beside;
    const life = random.scale(0.2, 4) * MINUTE;
    const rate = (at: number): number => ((least + most) / 2 + ((most - least) / 2) * Math.sin(at / HOUR)) * (HOUR / life);
    program.arrivals(rate, most * (HOUR / life), until, (at) => program.add(at, random.exponential(life), LEAKS[name][0]), -HOUR);
  }
  // Everything else in the program.
  for (let i = 0; i < 12; i++) program.add(-HOUR, Infinity, STACKS.worker, MINUTE);
  const busy = random.scale(10, 600);
  program.arrivals(() => busy, busy, until, (at) => program.add(at, lognormal(random, 3000, 1), STACKS.request), -HOUR);
  return { tasks: program.tasks, onset };
}
