/**
 * Owns the run of one scenario: a fresh client, the responses that it keeps, and its counts.
 *
 * Nothing else runs in its process meanwhile (scenario-process.ts), because tasks are counted for the whole process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, goDefaults, Transport, type Body, type BodyInit, type Response } from 'watertight';
import { currentLeaks } from 'watertight/leak';
import { setTracking, taskCount, tasks } from 'watertight/tasks';
import { groupHeld, type Held } from './held.js';
import type { Outcome } from './outcome.js';
import type { RequestStep, Scenario } from './scenario.js';

/** What a count leaves time for, in milliseconds: loops that are about to end, timers that are due. */
const SETTLE = 250;

/** By so much a timer may be late on a machine that is not too busy, in milliseconds. */
const LATE = 30;

/** Longest time that clearing may take, in milliseconds. */
const CLEARING = 2000;

export class ScenarioRun {
  private readonly client: Client;
  private readonly transport: Transport;
  /** All requests are https. */
  private readonly secure: boolean;
  /** Keeps every response that was not closed referenced. Otherwise the garbage collector would find it and the library would close its connection, and the count would depend on when. */
  private readonly kept: Response[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly counts: number[] = [];
  private readonly held: (readonly Held[])[] = [];
  private errors = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly ports: readonly number[],
  ) {
    const { proxy, proxyUser, http2 = false, ...options } = scenario.transport;
    this.secure = http2;
    const user = proxyUser === undefined ? '' : `${proxyUser}:secret@`;
    this.transport = new Transport({ ...goDefaults, ...options, forceAttemptHttp2: http2, tls: { rejectUnauthorized: false }, ...(proxy === undefined ? {} : { proxy: `${proxy}://${user}127.0.0.1:${ports.at(-1)}` }) });
    this.client = new Client({ transport: this.transport });
  }

  /** Runs the scenario against the servers on the ports. The process should do nothing else. */
  async outcome(): Promise<Outcome> {
    setTracking('all');
    for (const step of this.scenario.steps) {
      switch (step.op) {
        case 'request':
          await this.request(step);
          break;
        case 'wait':
          await sleep(step.ms);
          break;
        default:
          await this[step.op]();
      }
    }
    for (const timer of this.timers) clearTimeout(timer);
    return { counts: this.counts, errors: this.errors, held: this.held };
  }

  /** Gives back what the scenario has left, once it has counted; resolves to whether nothing of it is alive. */
  async clear(): Promise<boolean> {
    this.kept.length = 0;
    await this.transport.close();
    const begin = performance.now();
    while (taskCount() > 1 && performance.now() - begin < CLEARING) await sleep(1);
    return taskCount() === 1;
  }

  private async request(step: RequestStep): Promise<void> {
    if (step.parallel) {
      await Promise.all(Array.from({ length: step.times }, () => this.one(step)));
    } else {
      for (let i = 0; i < step.times; i++) await this.one(step);
    }
  }

  /** Carries out one request. An error counts once, whether the request or the reading failed. */
  private async one(step: RequestStep): Promise<void> {
    try {
      const response = await this.client.request(`${step.tls || this.secure ? 'https' : 'http'}://127.0.0.1:${this.ports[step.host]}${step.path}`, {
        method: step.method,
        headers: headersOf(step),
        body: bodyOf(step),
        trailers: step.trailers ? { 'X-Sum': '5' } : undefined,
        close: step.connectionClose,
        signal: this.cancelledAfter(step.cancelMs),
      });
      if (!step.close) this.kept.push(response);
      try {
        await readBody(response.body, step.read);
      } finally {
        if (step.close) await response.close();
      }
    } catch {
      this.errors++;
    }
  }

  private cancelledAfter(ms: number): AbortSignal | undefined {
    if (ms === 0) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      controller.abort();
    }, ms);
    this.timers.add(timer);
    return controller.signal;
  }

  private closeIdle(): void {
    this.client.closeIdleConnections();
  }

  private async closeAll(): Promise<void> {
    for (const response of this.kept) await response.close();
  }

  private async readAll(): Promise<void> {
    for (const response of this.kept) {
      // A body that was closed or cancelled meanwhile has nothing more to give; its request has been counted.
      await readBody(response.body, 'all').catch(() => undefined);
    }
  }

  private async count(): Promise<void> {
    // A machine that wakes this process too late keeps the server waiting as well.
    for (let tries = 0, late = true; late && tries < 10; tries++) {
      const before = taskCount();
      const begin = performance.now();
      await sleep(SETTLE);
      // Over HTTP/2 a count depends on bodies that still come, from a server that may serve other scenarios just then.
      late = performance.now() - begin > SETTLE + LATE || (this.secure && taskCount() !== before);
    }
    this.counts.push(taskCount());
    this.held.push(groupHeld(currentLeaks(), tasks()));
  }
}

function headersOf({ upgrade, authority }: RequestStep): Record<string, string> | undefined {
  if (upgrade) return { Connection: 'Upgrade', Upgrade: 'echo' };
  return authority === '' ? undefined : { Host: authority };
}

/** Only a body of unknown length has trailers. */
function bodyOf({ body, trailers }: RequestStep): BodyInit | undefined {
  if (body === 0) return undefined;
  const bytes = Buffer.alloc(body, 'x');
  return trailers ? [bytes] : bytes;
}

/** Reads as io.ReadAll(io.LimitReader(body, amount)) does: it stops as soon as it has `amount` bytes, EOF or not. */
async function readBody(body: Body, amount: RequestStep['read']): Promise<void> {
  if (amount === 'none') return;
  const limit = amount === 'all' ? Infinity : amount;
  for (let got = 0; got < limit; ) {
    const bytes = await (limit === Infinity ? body.read() : body.read(limit - got));
    if (bytes === null) return;
    got += bytes.length;
  }
}
