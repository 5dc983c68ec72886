/**
 * Traffic with every fault in it, drawn from a seed, and what it leaves behind. It comes in rounds: after each the client
 * closes its idle connections, and what the process holds is compared with what it held before the first.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, createFetch, Transport, type TransportOptions } from 'watertight';
import { above, growth, memoryInUse, type Holdings } from './baseline.js';
import { Outcomes } from './outcomes.js';
import { Peers } from './peers.js';
import { draw, POOLS, type Plan, type Pool } from './plan.js';
import { play, type Tools } from './use.js';

export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Requests at once. */
  readonly concurrency: number;
  /** Only faults whose name it matches. */
  readonly only: RegExp;
  /** Milliseconds after which a request hangs: longer than any may take by its own limit. */
  readonly watchdog: number;
  log(line: string): void;
}

export interface SoakResult {
  readonly outcomes: Outcomes;
  readonly rounds: readonly Round[];
  /** Bytes of heap and of buffers by which a request has made the process grow. */
  readonly growth: { readonly heap: number; readonly external: number; readonly perRequest: number };
}

interface Round {
  readonly requests: number;
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
}

/** What the heap may grow by between the second and the last third of the rounds: noise of the engine's own. */
const GROWTH_LIMIT = 1.5e6;
/** A transport is closed with this many requests under way, now and then. */
const CLOSED_WITH = 8;

const POOL_OPTIONS: Readonly<Record<Pool, TransportOptions>> = {
  plain: {},
  few: { maxConnsPerHost: 3, maxIdleConns: 2, maxWaitersPerHost: 1000 },
  hasty: { idleConnTimeout: 3, drainOnClose: 20_000, track: 'all' },
  'single use': { disableKeepAlives: true, track: 'off' },
};

export class Soak {
  readonly outcomes = new Outcomes();
  readonly #rounds: Round[] = [];
  readonly #lasting = new AbortController();
  readonly #transports = new Map<Pool, Transport>();
  readonly #tools = new Map<Pool, Tools>();
  #next = 0;

  private constructor(
    private readonly options: SoakOptions,
    private readonly peers: Peers,
  ) {
    for (const pool of POOLS) {
      const transport = new Transport(this.#optionsOf(pool));
      this.#transports.set(pool, transport);
      this.#tools.set(pool, this.#toolsOf(transport));
    }
  }

  static async run(options: SoakOptions): Promise<SoakResult> {
    const peers = await Peers.start(options.seed);
    const soak = new Soak(options, peers);
    const hear = (what: string) => (reason: unknown) => soak.outcomes.find(what, String((reason as Error).stack ?? reason));
    const warned = (warning: Error): void => {
      // It is what a small pool is to say.
      if (warning.name !== 'ConnectionWaitWarning') hear('warning')(warning);
    };
    const heard = [['unhandledRejection', hear('rejection that nobody handled')], ['uncaughtException', hear('exception that nobody caught')], ['warning', warned]] as const;
    for (const [event, listener] of heard) process.on(event, listener);
    try {
      return await soak.#run();
    } finally {
      for (const transport of soak.#transports.values()) await transport.close();
      await peers.stop();
      for (const [event, listener] of heard) process.off(event, listener);
    }
  }

  #optionsOf(pool: Pool): TransportOptions {
    const { proxies, brokenProxies, ca } = this.peers.addresses;
    return {
      tls: { ca },
      dialTimeout: 3000,
      tlsHandshakeTimeout: 3000,
      expectContinueTimeout: 15,
      maxDecompressedBytes: 8 << 20,
      // Which proxy is the request's to say.
      proxy: ({ url }) => {
        const via = new URL(url).searchParams.get('via');
        return via === null ? null : (proxies[via] ?? brokenProxies[via]);
      },
      ...POOL_OPTIONS[pool],
    };
  }

  #toolsOf(transport: Transport): Tools {
    const client = new Client({ transport });
    return { client, fetch: createFetch({ client }), lasting: this.#lasting.signal };
  }

  async #run(): Promise<SoakResult> {
    const { seconds, log } = this.options;
    // Loads what is loaded at the first use, so that it counts as the base.
    await this.#traffic(performance.now() + Math.min(2000, seconds * 100));
    await this.#settle(null);
    const base = await above(null, [...this.#transports.values()], this.#lasting.signal);
    const end = performance.now() + seconds * 1000;
    const length = Math.max(500, Math.min(10_000, (seconds * 1000) / 9));
    while (performance.now() < end) {
      const before = this.outcomes.total;
      await this.#traffic(Math.min(end, performance.now() + length));
      await this.#settle(base);
      const { heap, external, rss } = this.#rounds.at(-1)!;
      log(`${String(this.#rounds.length).padStart(4)}  ${this.outcomes.total - before} requests, heap ${mb(heap)}, buffers ${mb(external)}, resident ${mb(rss)}`);
    }
    return { outcomes: this.outcomes, rounds: this.#rounds, growth: this.#judgeGrowth() };
  }

  async #traffic(until: number): Promise<void> {
    const worker = async (): Promise<void> => {
      while (performance.now() < until) await this.#one(draw(this.options.seed, this.#next++, this.peers.addresses, this.options.only));
    };
    await Promise.all([...Array.from({ length: this.options.concurrency }, worker), this.#closings(until)]);
  }

  async #one(plan: Plan, tools: Tools = this.#tools.get(plan.pool)!): Promise<void> {
    let watchdog: NodeJS.Timeout | undefined;
    const hung = new Promise<'hung'>((resolve) => {
      watchdog = setTimeout(() => resolve('hung'), this.options.watchdog);
    });
    const outcome = await Promise.race([play(plan, tools), hung]);
    clearTimeout(watchdog);
    if (outcome === 'hung') {
      this.outcomes.find(`hang of ${plan.fault}`, describe(plan));
      return;
    }
    this.outcomes.count(plan.fault, outcome);
    if (outcome.fault !== null) this.outcomes.find(plan.fault, `${outcome.fault}; ${describe(plan)}`);
  }

  /** Transports of their own that are closed while their requests are in any phase: all of those settle. */
  async #closings(until: number): Promise<void> {
    while (performance.now() < until) {
      const transport = new Transport(this.#optionsOf('plain'));
      const tools = this.#toolsOf(transport);
      const plans = Array.from({ length: CLOSED_WITH }, () => ({ ...draw(this.options.seed, this.#next++, this.peers.addresses, this.options.only), expects: 'either' as const }));
      const all = Promise.all(plans.map((plan) => this.#one({ ...plan, fault: 'transport closed' }, tools)));
      await sleep(plans[0].patience);
      transport.closeIdleConnections();
      await transport.close();
      await all;
    }
  }

  /** Nothing is under way: what the client still holds beyond the base is a leak. */
  async #settle(base: Holdings | null): Promise<void> {
    const transports = [...this.#transports.values()];
    for (const transport of transports) transport.closeIdleConnections();
    const open = await this.peers.open();
    for (const [server, count] of Object.entries(open)) this.outcomes.find(`connections that the server ${server} still sees`, String(count));
    if (!this.peers.alive) this.outcomes.find('the servers have ended', '');
    if (base === null) return;
    const { heap, external, rss } = await memoryInUse();
    for (const [what, count] of Object.entries(await above(base, transports, this.#lasting.signal))) this.outcomes.find(`left behind: ${what}`, `${count} after ${this.outcomes.total} requests`);
    this.#rounds.push({ requests: this.outcomes.total, heap, external, rss });
  }

  #judgeGrowth(): SoakResult['growth'] {
    const [heap, external] = [growth(this.#rounds.map((round) => round.heap)), growth(this.#rounds.map((round) => round.external))];
    for (const [what, bytes] of [['heap', heap], ['buffers', external]] as const) {
      if (bytes > GROWTH_LIMIT) this.outcomes.find(`growth of ${what}`, mb(bytes));
    }
    const third = Math.floor(this.#rounds.length / 3);
    const requests = (this.#rounds.at(-1)?.requests ?? 0) - (this.#rounds[third]?.requests ?? 0);
    return { heap, external, perRequest: requests === 0 ? 0 : heap / (requests / 2) };
  }
}

export function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function describe({ number, url, sending, reading, givingUp, pool, byFetch }: Plan): string {
  return `request ${number} for ${url}: sends ${sending}, then ${reading}, gives up by ${givingUp ?? 'nothing'}, pool ${pool}${byFetch ? ', by fetch' : ''}`;
}

