/** Owns the lab as a server keeps it: the experiments, the limited number of runs under way, and the test server that they share. */
import { randomUUID } from 'node:crypto';
import { LabError } from './lab-error.js';
import { startServer, type ServerChild } from './lab-child.js';
import { LabRun } from './lab-run.js';
import { hostsOf, type Scenario } from './scenario.js';

export interface BenchOptions {
  /** Runs at a time, of one experiment or two each. Default 4. */
  readonly runs?: number;
  /** Ms after which a run that nobody follows ends. Default 10,000. */
  readonly unfollowed?: number;
  /** Ms after which a run without a step ends. Default 15 minutes. */
  readonly untouched?: number;
}

/** Most experiments side by side. */
const SIDES = 2;
/** Most requests of one experiment: nobody can follow more, and every frame is kept in memory. */
const MOST_REQUESTS = 100;

export class LabBench {
  readonly scenarios: readonly Scenario[];
  private readonly slots: (LabRun | 'taken' | null)[];
  private readonly hosts: number;
  private readonly patience: { readonly unfollowed: number; readonly untouched: number };
  private server: Promise<ServerChild> | null = null;
  private closed = false;

  constructor(scenarios: readonly Scenario[], { runs = 4, unfollowed = 10_000, untouched = 15 * 60_000 }: BenchOptions = {}) {
    this.scenarios = scenarios;
    this.slots = Array.from({ length: runs }, () => null);
    this.hosts = Math.max(1, ...scenarios.map(hostsOf));
    this.patience = { unfollowed, untouched };
  }

  /**
   * Starts one experiment, or two side by side.
   *
   * @throws LabError if one of them is not there, can't be shown, or there are too many.
   */
  async start(ids: readonly string[]): Promise<LabRun> {
    if (this.closed) throw new LabError('over', 'the lab has been closed');
    if (ids.length === 0 || ids.length > SIDES) throw new LabError('unfit', `one experiment or two side by side can be run, not ${ids.length}`);
    const chosen = ids.map((id) => this.scenario(id));
    const slot = this.slots.indexOf(null);
    if (slot === -1) throw new LabError('too many', `${this.slots.length} runs are under way, which is as many as there may be; close another page of the lab, or wait`);
    this.slots[slot] = 'taken';
    try {
      const { ports } = await this.started();
      // Each experiment has ports of its own: the server's barrier must not see another's requests.
      const portsOf = (side: number): readonly number[] => ports.slice((slot * SIDES + side) * this.hosts, (slot * SIDES + side + 1) * this.hosts);
      if (this.closed) throw new LabError('over', 'the lab has been closed');
      const run = new LabRun(randomUUID(), chosen, portsOf, this.patience, () => (this.slots[slot] = null));
      this.slots[slot] = run;
      return run;
    } catch (error) {
      this.slots[slot] = null;
      throw error;
    }
  }

  /** @throws LabError if it is not there, perhaps not any more. */
  run(id: string): LabRun {
    const found = this.runs().find((run) => run.id === id);
    if (found === undefined) throw new LabError('unknown', 'there is no such run; it has ended');
    return found;
  }

  /** Ends everything that it has started; resolves when it is gone. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.runs().map((run) => run.end('the watcher has ended')));
    const server = this.server === null ? null : await this.server.catch(() => null);
    this.server = null;
    if (server === null) return;
    const gone = new Promise((resolve) => server.child.once('close', resolve));
    if (server.child.exitCode !== null || server.child.signalCode !== null) return;
    server.child.kill('SIGKILL');
    await gone;
  }

  private runs(): LabRun[] {
    return this.slots.filter((slot) => slot instanceof LabRun);
  }

  private scenario(id: string): Scenario {
    const found = this.scenarios.find((scenario) => scenario.id === id);
    if (found === undefined) throw new LabError('unknown', `there is no experiment ${JSON.stringify(id.slice(0, 100))}`);
    const requests = requestsOf(found);
    if (requests > MOST_REQUESTS) throw new LabError('unfit', `${found.id} makes ${requests} requests, more than the ${MOST_REQUESTS} that can be watched step by step; \`watertight lab --only ${found.id}\` runs it`);
    return found;
  }

  /** The server, for every slot; another, should it have ended. */
  private started(): Promise<ServerChild> {
    if (this.server === null) {
      const starting = startServer(this.slots.length * SIDES * this.hosts);
      this.server = starting;
      const forget = (): void => {
        if (this.server === starting) this.server = null;
      };
      starting.then(({ child }) => {
        child.once('exit', () => {
          forget();
          for (const run of this.runs()) void run.end('its server has ended');
        });
      }, forget);
    }
    return this.server;
  }
}

function requestsOf({ steps }: Scenario): number {
  return steps.reduce((sum, step) => sum + (step.op === 'request' ? step.times : 0), 0);
}
