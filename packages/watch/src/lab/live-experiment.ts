/** Owns one experiment that is watched step by step: its process, the frames so far, and how both end. */
import type { ChildProcess } from 'node:child_process';
import { goDefaults } from 'watertight';
import { explain, type Explanation } from './explanation.js';
import type { Move, PoolLimits, Stage } from './frame.js';
import { complaintOf, startChild } from './lab-child.js';
import type { Scenario } from './scenario.js';

/** A stage with what it means, as the page shows it. */
export interface Frame extends Stage {
  /** From 0, the start. */
  readonly index: number;
  readonly explanation: Explanation;
}

/** Longest time one move may take, ms. */
const DEADLINE = 30_000;

/** The messages that a child may send; others are ignored. */
type Told = { readonly stage: Stage } | { readonly failure: string };

export class LiveExperiment {
  readonly frames: Frame[] = [];
  private readonly child: ChildProcess;
  private readonly complaint: () => string;
  private readonly limits: PoolLimits;
  private readonly gone: Promise<void>;
  private deadline: NodeJS.Timeout | null = null;
  private over = false;

  /** Starts the process; the first frame follows. `onFailed`: told once, if the process fails or ends before it was told to. */
  constructor(
    readonly scenario: Scenario,
    ports: readonly number[],
    private readonly onFrame: (frame: Frame) => void,
    private readonly onFailed: (reason: string) => void,
  ) {
    const { maxIdleConnsPerHost = 0, maxConnsPerHost = 0, disableKeepAlives = false } = { ...goDefaults, ...scenario.transport };
    this.limits = { maxIdleConnsPerHost, maxConnsPerHost, disableKeepAlives };
    this.child = startChild('stage-process.js');
    this.complaint = complaintOf(this.child);
    this.gone = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.fail(`its process ended early (${signal ?? `status ${code}`})${this.complaint() === '' ? '' : `: ${this.complaint()}`}`);
        resolve();
      });
    });
    this.child.once('error', (error) => this.fail(`its process can't be started: ${error.message}`));
    this.child.on('message', (message) => this.take(message as Told));
    this.ask({ scenario, ports });
  }

  /** A move is under way. */
  get busy(): boolean {
    return this.deadline !== null;
  }

  /** What comes next; null at the end, and while that is not known. */
  get next(): Move | null {
    return this.frames.at(-1)?.next ?? null;
  }

  /** Makes the next move. Only when it is not busy and there is one. */
  step(): void {
    this.ask('step');
  }

  /** Ends the process, and with it its connections. Resolves when it is gone. */
  async end(): Promise<void> {
    this.stop();
    await this.gone;
  }

  private ask(what: object | 'step'): void {
    this.deadline = setTimeout(() => this.fail(`it did not make its next move within ${DEADLINE / 1000} s`), DEADLINE).unref();
    this.child.send(what, () => undefined); // a child that is gone says so by its `close`
  }

  private take(told: Told): void {
    if (this.over) return;
    if ('failure' in told) {
      this.fail(told.failure);
      return;
    }
    this.clearDeadline();
    const before = this.frames.at(-1)?.snapshot ?? null;
    const frame = { ...told.stage, index: this.frames.length, explanation: explain(before, told.stage.move, told.stage.snapshot, this.limits) };
    this.frames.push(frame);
    this.onFrame(frame);
  }

  private fail(reason: string): void {
    if (this.over) return;
    this.stop();
    this.onFailed(reason);
  }

  private stop(): void {
    this.over = true;
    this.clearDeadline();
    // Killed rather than disconnected, since a process that hangs would not notice; it has nothing to clean up.
    this.child.kill('SIGKILL');
  }

  private clearDeadline(): void {
    if (this.deadline !== null) clearTimeout(this.deadline);
    this.deadline = null;
  }
}
