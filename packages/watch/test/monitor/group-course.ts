// Stack groups over days: a Go program whose groups go as they are told, watched at the pace of profiles.
import type { Profile, Sample } from 'watertight/pprof';
import { Monitor, type TargetMonitor } from '#monitor';
import { parseTarget, type Scrape, type TargetSource } from '#scrape';
import { History } from '#store';

export const HOUR = 3_600_000;
export const BEGIN = Date.UTC(2026, 2, 2);
/** Between profiles, as it is at the usual interval. */
export const PACE = 5 * 60_000;

/** How many tasks stand in a function at a time, ms after {@link BEGIN}. */
export type Course = (after: number) => number;

/** A program as its profiles show it. */
export interface Program {
  /** By function. */
  readonly groups: Readonly<Record<string, Course>>;
  /** When its processes started, ms after {@link BEGIN}, ascending; default: once, an hour before. */
  readonly starts?: readonly number[];
  /** The line that a function stands in, in the process that started n-th. */
  readonly lineOf?: (name: string, start: number) => number;
}

export class ProgramSource implements TargetSource {
  private after = 0;

  constructor(private readonly program: Program) {}

  resume(): void {
    // It says itself when it started.
  }

  count(at: number): Promise<Scrape> {
    this.after = at - BEGIN;
    return Promise.resolve({ at, value: this.total(), start: BEGIN + this.start(), platform: 'go' });
  }

  profile(): Promise<Profile> {
    const line = this.program.lineOf ?? (() => 10);
    const samples = Object.keys(this.program.groups).map((name): Sample => ({
      values: [this.countOf(name)],
      frames: [
        { function: 'runtime.gopark', file: '/usr/lib/go/src/runtime/proc.go', line: 363, address: '0x1' },
        { function: name, file: '/srv/main.go', line: line(name, this.start()), address: '0x2' },
      ],
      labels: {},
      state: 'select',
      annotations: [],
      waitMs: 0,
      createdBy: null,
    }));
    return Promise.resolve({ kind: 'goroutine', form: 'debug=2', sampleTypes: [{ type: 'goroutine', unit: 'count' }], mainType: 0, period: null, time: 0, duration: 0, samples: samples.filter(({ values }) => (values[0] ?? 0) > 0), totals: [this.total()], truncated: false });
  }

  private countOf(name: string): number {
    return Math.max(0, Math.round(this.program.groups[name]?.(this.after) ?? 0));
  }

  private total(): number {
    return Object.keys(this.program.groups).reduce((sum, name) => sum + this.countOf(name), 0);
  }

  private start(): number {
    return (this.program.starts ?? []).filter((start) => start <= this.after).at(-1) ?? -HOUR;
  }
}

/** Watches one program, in a history that may outlive the watch. */
export class Watch {
  readonly monitor: Monitor;
  readonly target: TargetMonitor;

  constructor(
    program: Program,
    readonly history = new History(':memory:'),
  ) {
    // Every scrape brings a profile: what lies between two profiles is nothing to the groups.
    this.monitor = new Monitor(history, { interval: PACE / 6, profileInterval: 1, sourceOf: () => new ProgramSource(program) });
    const target = parseTarget('http://127.0.0.1:6060');
    this.monitor.setTargets([target]);
    this.target = this.monitor.monitorOf(target.url)!;
  }

  /** Scrapes from one time to another, ms after {@link BEGIN}; until `done` says so. Returns when that was, or null. */
  async over(from: number, to: number, done: (target: TargetMonitor) => boolean = () => false): Promise<number | null> {
    for (let after = from; after <= to; after += PACE) {
      await this.target.scrape(BEGIN + after);
      if (done(this.target)) return after;
    }
    return null;
  }

  async end(): Promise<void> {
    await this.monitor.stop();
  }
}

/** A rhythm of the day around 1. */
export function daily(amplitude: number, phase = 0): Course {
  return (after) => 1 + amplitude * Math.sin((2 * Math.PI * (after / HOUR + phase)) / 24);
}

/** What counting scatters, the same at every run: standard normal, by time and a number of its own. */
export function scatter(after: number, own: number): number {
  let hash = Math.imul(Math.round(after / PACE) + 1, 0x9e3779b1) ^ Math.imul(own + 1, 0x85ebca6b);
  const uniform = (): number => {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
  };
  return Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
}

/** Counts scatter by the root of what is counted. */
export function counted(course: Course, own: number): Course {
  return (after) => {
    const level = Math.max(0, course(after));
    return level + Math.sqrt(level) * scatter(after, own);
  };
}
