/**
 * Owns the run of one scenario in steps: it announces a move, and makes it only when it is asked to go on.
 *
 * The client, its connections and the server are real; only the program and its dials are held up between steps.
 * It runs in a process of its own (stage-process.ts), because tasks are counted for the whole process.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Client, goDefaults, Transport, type Response } from 'watertight';
import { currentLeaks } from 'watertight/leak';
import { setTracking, taskCount } from 'watertight/tasks';
import { ConnectionLedger } from './connection-ledger.js';
import type { Move, RequestPhase, RequestView, Snapshot } from './frame.js';
import { HeldDials } from './held-dials.js';
import type { RequestStep, Scenario } from './scenario.js';

/** What a count leaves time for, ms, as in scenario-run.ts. */
const SETTLE = 250;
/** How long a response may take before its request is taken for one that only a cancel ends, ms; for requests that are to be cancelled. */
const PATIENCE = 3000;
/** How long a response may take before another request or a held dial goes on, ms: it may be waiting for just that. */
const COURTESY = 500;
/** Of a body whose length is not known beforehand, bytes that are read on the way to everything. */
const FIRST_PART = 5000;

export class StagedRun {
  private readonly transport: Transport;
  private readonly client: Client;
  private readonly held = new HeldDials();
  private readonly ledger: ConnectionLedger;
  private readonly requests: StagedRequest[] = [];
  private readonly due: { readonly at: number; readonly request: StagedRequest }[] = [];
  /** Ms since the start in the time of the scenario, which stands still between moves. */
  private time = 0;
  private counted = 0;
  /** The step of the scenario that the last announced move belongs to. */
  private current = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly ports: readonly number[],
  ) {
    setTracking('all');
    // No time limits: a reader may take minutes between two moves.
    this.transport = new Transport({ ...goDefaults, idleConnTimeout: 0, dialTimeout: 0, ...scenario.transport, proxy: null, dial: this.held.dial });
    this.client = new Client({ transport: this.transport });
    this.ledger = new ConnectionLedger(ports);
  }

  get step(): number {
    return this.current;
  }

  /** Each move, announced: going on makes it, and announces the next. */
  async *moves(): AsyncGenerator<Move, void> {
    for (const [index, step] of this.scenario.steps.entries()) {
      this.current = index;
      switch (step.op) {
        case 'request':
          if (step.parallel) yield* this.ask(step, step.times);
          else for (let i = 0; i < step.times; i++) yield* this.ask(step, 1, i === 0);
          break;
        case 'closeAll':
          for (const request of this.kept()) yield* this.close(request);
          break;
        case 'readAll':
          for (const request of this.kept()) yield* this.read(request, 'all', false);
          break;
        case 'closeIdle':
          yield { op: 'closeIdle' };
          this.client.closeIdleConnections();
          break;
        case 'wait':
          yield* this.cancelDue(step.ms);
          yield { op: 'wait', ms: step.ms };
          await sleep(step.ms);
          break;
        case 'count':
          yield* this.cancelDue(SETTLE);
          yield { op: 'count', go: this.scenario.counts[this.counted++] ?? 0 };
          await sleep(SETTLE);
          break;
      }
    }
  }

  async snapshot(): Promise<Snapshot> {
    await settle();
    const { opened, closed } = this.transport.stats();
    return {
      taskCount: taskCount(),
      ...this.ledger.look(currentLeaks()),
      requests: this.requests.map((request) => request.view(this.ledger.connectionOf(request.id), this.ledger.isAsking(request.id))),
      opened,
      closed,
      errors: this.requests.filter(({ failed }) => failed).length,
    };
  }

  /** Requests one after another are a group of one each; at once, one group. `first`: of several alike, shown more closely. */
  private async *ask(step: RequestStep, size: number, first = false): AsyncGenerator<Move, void> {
    const group = Array.from({ length: size }, (_, index) => new StagedRequest(this.requests.length + index + 1, step));
    yield { op: 'ask', requests: group.map(({ id }) => id) };
    this.requests.push(...group);
    for (const request of group) {
      request.begin(this.client, `http://127.0.0.1:${this.ports[step.host]}${step.path}`, this.ledger.traceFor(request.id));
      if (step.cancelMs > 0) this.due.push({ at: this.time + step.cancelMs, request });
    }
    await this.quiet(group);
    const open = new Set(group);
    while (open.size > 0) {
      if (this.held.count > 0) {
        yield { op: 'answer', requests: this.ledger.look([]).dials.map(({ request }) => request) };
        this.held.letGo();
      } else {
        const [request = [...open][0]] = [...open].filter(({ settled }) => settled);
        // Nothing more comes by itself: the program cancels it, or waits as long as it takes.
        if (!request.settled && step.cancelMs > 0) yield* this.cancel(request);
        await request.settlement;
        open.delete(request);
        yield* this.use(request, step, first);
      }
      await this.quiet([...open]);
    }
  }

  private async *use(request: StagedRequest, step: RequestStep, first: boolean): AsyncGenerator<Move, void> {
    if (request.response === null) return;
    if (step.read !== 'none') yield* this.read(request, step.read, first);
    if (step.close) {
      if (first || !request.finished) yield* this.close(request);
      else await request.response.close();
    } else {
      request.kept = true;
      if (first && step.read === 'none' && !request.finished) yield { op: 'leave', request: request.id };
    }
  }

  private async *read(request: StagedRequest, amount: RequestStep['read'], first: boolean): AsyncGenerator<Move, void> {
    if (amount === 'none' || request.finished) return;
    const length = request.response!.contentLength;
    if (amount === 'all' && first && length !== 1) {
      const half = length > 0 ? Math.floor(length / 2) : FIRST_PART;
      yield { op: 'read', request: request.id, amount: half, half: true };
      yield* this.reading(request, half);
      if (request.finished) return;
    }
    yield { op: 'read', request: request.id, amount, half: false };
    yield* this.reading(request, amount === 'all' ? Infinity : amount);
  }

  /** Reads; what does not come is cancelled, if the scenario cancels it. */
  private async *reading(request: StagedRequest, amount: number): AsyncGenerator<Move, void> {
    const reading = request.read(amount);
    if (request.step.cancelMs > 0) {
      await Promise.race([reading, sleep(PATIENCE, undefined, { ref: false })]);
      if (request.awaited) yield* this.cancel(request);
    }
    await reading;
  }

  private async *close(request: StagedRequest): AsyncGenerator<Move, void> {
    if (request.kept && request.finished) return;
    yield { op: 'close', request: request.id };
    await request.response!.close();
  }

  /** Cancels what the scenario cancels within the next `ms`. */
  private async *cancelDue(ms: number): AsyncGenerator<Move, void> {
    this.time += ms;
    for (;;) {
      const index = this.due.findIndex(({ at }) => at <= this.time);
      if (index === -1) return;
      yield* this.cancel(this.due[index].request);
    }
  }

  private async *cancel(request: StagedRequest): AsyncGenerator<Move, void> {
    const index = this.due.findIndex((each) => each.request === request);
    if (index !== -1) this.due.splice(index, 1);
    yield { op: 'cancel', request: request.id };
    request.cancel();
  }

  /** Resolves when nothing more comes by itself: each request has its response, or waits for a dial that is held or for another's connection. */
  private async quiet(group: readonly StagedRequest[]): Promise<void> {
    await settle();
    const begun = Date.now();
    const patience = (): number => {
      if (this.held.count > 0 || group.some(({ settled }) => settled)) return COURTESY;
      return group.some(({ step }) => step.cancelMs > 0) ? PATIENCE : Infinity;
    };
    const waits = ({ id, settled }: StagedRequest): boolean => settled || this.ledger.isAsking(id);
    // The library has no event for this, so it is polled.
    while (!(this.held.count === this.transport.stats().dialling && group.every(waits)) && Date.now() - begun < patience()) await sleep(1);
  }

  /** What `closeAll` and `readAll` mean: the responses that were not closed. */
  private kept(): StagedRequest[] {
    return this.requests.filter((request) => request.kept && !request.finished);
  }
}

/**
 * Waits until what has just been asked for, read or closed has had its effect. The
 * transport may poll the sockets once before it gives a connection to a request:
 * that takes two turns of the event loop, and the third is what follows from it.
 */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await turn();
}

/** One request of the program, and its response, which stays referenced so that the garbage collector does not end it. */
class StagedRequest {
  response: Response | null = null;
  settlement: Promise<void> = Promise.resolve();
  settled = false;
  kept = false;
  /** A read is under way. */
  awaited = false;
  private readonly controller = new AbortController();
  private bytesRead = 0;
  private error: Error | null = null;

  constructor(
    readonly id: number,
    readonly step: RequestStep,
  ) {}

  get failed(): boolean {
    return this.error !== null;
  }

  get finished(): boolean {
    const state = this.response?.body.state;
    return this.failed || state === 'eof' || state === 'closed' || state === 'errored';
  }

  begin(client: Client, url: string, trace: ReturnType<ConnectionLedger['traceFor']>): void {
    const { method, body, connectionClose, cancelMs } = this.step;
    const signal = cancelMs > 0 ? this.controller.signal : undefined;
    this.settlement = client.request(url, { method, body: body > 0 ? Buffer.alloc(body, 'x') : undefined, close: connectionClose, signal, trace }).then(
      (response) => {
        this.response = response;
        this.settled = true;
      },
      (error: unknown) => {
        this.error = asError(error);
        this.settled = true;
      },
    );
  }

  /** Reads as io.ReadAll(io.LimitReader(body, amount)) does. An error counts once, whether the request or the reading failed. */
  async read(amount: number): Promise<void> {
    this.awaited = true;
    try {
      for (let got = 0; got < amount; ) {
        const bytes = await (amount === Infinity ? this.response!.body.read() : this.response!.body.read(amount - got));
        if (bytes === null) return;
        got += bytes.length;
        this.bytesRead += bytes.length;
      }
    } catch (error) {
      // Cancelled meanwhile, a body that is read late has nothing more to give; its request has been counted.
      if (!this.kept) this.error ??= asError(error);
    } finally {
      this.awaited = false;
    }
  }

  cancel(): void {
    this.controller.abort();
  }

  view(connection: number | null, asking: boolean): RequestView {
    const { id, step, response, bytesRead, error } = this;
    return {
      id,
      server: step.host,
      method: step.method,
      path: step.path,
      phase: this.phase(asking),
      status: response?.status ?? 0,
      contentLength: response?.contentLength ?? -1,
      bytesRead,
      connection,
      error: error === null ? null : error.message,
    };
  }

  private phase(asking: boolean): RequestPhase {
    if (this.failed) return 'failed';
    if (this.response === null) return asking ? 'asking' : 'sent';
    const { state } = this.response.body;
    return state === 'errored' ? 'failed' : state;
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(JSON.stringify(thrown));
}
