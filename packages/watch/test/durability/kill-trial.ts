/**
 * `kill -9` of a watcher and of what it watches, at random moments, beside a twin that watches the same and is
 * never killed: what is lost, and whether they come to the same verdicts. Used by a test and by
 * scripts/kill-watcher.mjs.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../detect/series/random.js';
import { examine } from './history-examination.js';
import { KilledTarget, type TargetKind } from './killed-target.js';
import { Watcher, type Acknowledged, type ToldInFull } from './watcher.js';

export interface TrialOptions {
  readonly seed: number;
  /** How often the watcher is killed. */
  readonly times: number;
  /** Go services too; they need Go. */
  readonly go: boolean;
  /** Between scrapes, ms. Default 100. */
  readonly interval?: number;
  /** The age of every process from which on verdicts are compared, ms. Default 8,000: a slow detector has had its time. */
  readonly settledAge?: number;
  /** Told of each kill. */
  readonly onKill?: (kill: { readonly round: number; readonly afterMs: number; readonly scrapes: number; readonly faults: readonly string[] }) => void;
}

export interface Comparison {
  readonly name: string;
  readonly killed: ToldInFull;
  readonly twin: ToldInFull;
}

export interface TrialResult {
  /** Of the watcher, and of the services. */
  readonly kills: number;
  readonly targetKills: number;
  /** Kills before the watcher said that it watches. */
  readonly whileStarting: number;
  readonly acknowledged: { readonly scrapes: number; readonly profiles: number };
  readonly kept: { readonly scrapes: number; readonly profiles: number; readonly bytes: number };
  readonly twin: { readonly scrapes: number; readonly profiles: number };
  readonly comparisons: readonly Comparison[];
  /** What is wrong; none if nothing is. */
  readonly faults: readonly string[];
}

const KINDS: readonly TargetKind[] = [
  { name: 'node-leaking', platform: 'node', leaks: true },
  { name: 'node-healthy', platform: 'node', leaks: false },
  { name: 'go-leaking', platform: 'go', leaks: true },
  { name: 'go-healthy', platform: 'go', leaks: false },
];
/** A process lives at least so long, ms: two that begin within two seconds are one by design, clocks being adjusted. */
const SHORTEST_LIFE = 2600;
/** The share of watchers that are killed while they start, at some time after their first instructions, ms. */
const STARTING = 0.25;
const STARTING_LIFE = [50, 1200] as const;
/** How long the others live once they have shown something, ms. */
const WATCHING_LIFE = [0, 3000] as const;
/** Within which a watcher shows something, however busy the machine, ms. */
const SHOWN_WITHIN = 60_000;
const POLL = 40;
/** Until both watchers have come to their verdicts on processes that nobody kills any more, ms. */
const SETTLED_WITHIN = 120_000;
const SETTLED_AGE = 8000;

export async function killTrial(options: TrialOptions): Promise<TrialResult> {
  const room = mkdtempSync(join(tmpdir(), 'kill-trial-'));
  const kinds = KINDS.filter(({ platform }) => platform === 'node' || options.go);
  const trial = new Trial(options, room, await Promise.all(kinds.map((kind, index) => KilledTarget.start(kind, ownHost(index)))));
  try {
    return await trial.run();
  } finally {
    await trial.end();
    rmSync(room, { recursive: true, force: true });
  }
}

/** On Linux every address of 127.0.0.0/8 is there, and no outgoing connection uses another than the first. */
function ownHost(index: number): string {
  return process.platform === 'linux' ? `127.0.${1 + (process.pid % 250)}.${index + 1}` : '127.0.0.1';
}

class Trial {
  private readonly random: Random;
  private readonly interval: number;
  private readonly acknowledged: Acknowledged = { counts: new Map(), profiles: new Map() };
  private readonly ofTwin: Acknowledged = { counts: new Map(), profiles: new Map() };
  private readonly db: string;
  private readonly twinDb: string;
  private readonly faults: string[] = [];
  private readonly twin: Watcher;
  private watcher: Watcher | null = null;
  private targetKills = 0;
  private whileStarting = 0;

  constructor(
    private readonly options: TrialOptions,
    room: string,
    private readonly targets: readonly KilledTarget[],
  ) {
    this.random = new Random(options.seed);
    this.interval = options.interval ?? 100;
    this.db = join(room, 'killed.db');
    this.twinDb = join(room, 'twin.db');
    this.twin = this.watch(this.twinDb, this.ofTwin);
  }

  async run(): Promise<TrialResult> {
    for (let round = 1; round <= this.options.times; round++) await this.round(round);
    // Twice: what was found out is not to be found out again after one more kill.
    await this.compare();
    await this.watcher?.kill();
    const comparisons = await this.compare();
    for (const [name, watcher] of [['the watcher', this.watcher], ['its twin', this.twin]] as const) {
      const status = await watcher?.end();
      if (status !== 0) this.faults.push(`${name} ended with ${String(status)}: ${watcher?.complaints}`);
      if (watcher !== null && watcher.complaints !== '') this.faults.push(`${name} complained: ${watcher.complaints}`);
    }
    const kept = examine(this.db, this.targets, this.acknowledged);
    const twin = examine(this.twinDb, this.targets, this.ofTwin);
    const sizeOf = (of: ReadonlyMap<string, ReadonlyMap<number, number>>): number => [...of.values()].reduce((sum, { size }) => sum + size, 0);
    return {
      kills: this.options.times,
      targetKills: this.targetKills,
      whileStarting: this.whileStarting,
      acknowledged: { scrapes: sizeOf(this.acknowledged.counts), profiles: sizeOf(this.acknowledged.profiles) },
      kept: { scrapes: kept.scrapes, profiles: kept.profiles, bytes: statSync(this.db).size },
      twin: { scrapes: twin.scrapes, profiles: twin.profiles },
      comparisons,
      faults: [...new Set([...this.faults, ...kept.faults, ...twin.faults.map((fault) => `twin: ${fault}`)])],
    };
  }

  async end(): Promise<void> {
    await Promise.all([this.watcher?.kill(), this.twin.kill(), ...this.targets.map((target) => target.kill())]);
  }

  /** A watcher's life and its end, and perhaps that of a service meanwhile. */
  private async round(round: number): Promise<void> {
    const { random } = this;
    const whileStarting = random.chance(STARTING);
    const life = whileStarting ? random.between(...STARTING_LIFE) : random.between(...WATCHING_LIFE);
    const [killAt, absence] = [random.between(...WATCHING_LIFE), random.between(0, 700)];
    const victim = random.pick(this.targets);
    const began = Date.now();
    let endsAt = began + (whileStarting ? life : SHOWN_WITHIN);
    const left = (): number => endsAt - Date.now();
    const watcher = (this.watcher = this.watch(this.db, this.acknowledged));
    const aliveFor = began - (victim.aliveSince ?? began);
    const replacing = aliveFor + killAt >= SHORTEST_LIFE ? this.replace(victim, killAt, absence) : null;
    let shown = false;
    for (let turn = 0; left() > 0; turn++) {
      const looking = turn % 5 === 4 ? watcher.target(random.pick(this.targets).url) : this.look(watcher, 'the watcher');
      // The kill does not wait for an answer, nor the process's end for the limit: the watcher keeps it alive.
      const told = (await Promise.race([looking, sleep(Math.max(0, left()), null, { ref: false })])) !== null;
      if (told && !shown && !whileStarting) endsAt = Date.now() + life;
      shown ||= told;
      await sleep(Math.min(POLL, Math.max(0, left())));
    }
    await watcher.kill();
    if (!shown) this.whileStarting++;
    if (!shown && !whileStarting) this.faults.push(`round ${round}: it has shown nothing in ${SHOWN_WITHIN} ms: ${watcher.complaints}`);
    if (watcher.complaints !== '') this.faults.push(`round ${round}: it complained: ${watcher.complaints}`);
    await this.look(this.twin, 'the twin');
    const examined = examine(this.db, this.targets, this.acknowledged);
    this.faults.push(...examined.faults.map((fault) => `after kill ${round}: ${fault}`));
    this.options.onKill?.({ round, afterMs: Date.now() - began, scrapes: examined.scrapes, faults: examined.faults });
    await replacing;
  }

  /** Nobody may say of a healthy service that it leaks, at any moment. */
  private async look(watcher: Watcher, name: string): Promise<true | null> {
    const overview = await watcher.overview();
    for (const { url, leaking, reason } of overview ?? []) {
      const { kind } = this.targets.find((target) => target.url === url) ?? {};
      if (leaking && kind?.leaks === false) this.faults.push(`${name} takes ${kind.name} for leaking: ${reason}`);
    }
    return overview === null ? null : true;
  }

  private async replace(victim: KilledTarget, after: number, absence: number): Promise<void> {
    await sleep(after);
    await victim.kill();
    this.targetKills++;
    await sleep(absence);
    await victim.revive();
  }

  /** What both say when nothing is killed any more and each has had its time. */
  private async compare(): Promise<Comparison[]> {
    const watcher = (this.watcher = this.watch(this.db, this.acknowledged));
    const deadline = Date.now() + SETTLED_WITHIN;
    for (;;) {
      await Promise.all([this.look(watcher, 'the watcher'), this.look(this.twin, 'the twin')]);
      const compared = await Promise.all(this.targets.map(async ({ url, kind }) => ({ name: kind.name, killed: await watcher.target(url), twin: await this.twin.target(url) })));
      const known = compared.filter((each): each is Comparison => each.killed !== null && each.twin !== null);
      const ofAge = this.targets.every(({ aliveSince }) => Date.now() - (aliveSince ?? Infinity) >= (this.options.settledAge ?? SETTLED_AGE));
      const settled = known.length === this.targets.length && known.every(({ killed, twin }, index) => [killed, twin].every((told) => told.up && told.leaking === this.targets[index]?.kind.leaks));
      if ((ofAge && settled) || Date.now() > deadline) {
        if (!settled) this.faults.push(`the verdicts did not settle: ${JSON.stringify(compared)}`);
        this.faults.push(...known.flatMap((each) => differences(each)));
        return known;
      }
      await sleep(200);
    }
  }

  private watch(db: string, acknowledged: Acknowledged): Watcher {
    return Watcher.start(db, this.targets.map(({ url }) => url), this.interval, acknowledged);
  }
}

/** Between the beginnings of one climb, ms: each knows it by the profiles that it happened to take. */
const SINCE_MS = 4000;
/** Of the growth an hour: over one process, or over several with their pauses, by who has seen them. */
const PACE_FACTOR = 2;
/** Between two clocks' ideas of a process's start, ms. */
const SAME_START = 2000;

function differences({ name, killed, twin }: Comparison): string[] {
  const faults: string[] = [];
  const differ = (what: string, a: unknown, b: unknown): number => faults.push(`${name}: ${what} is ${String(a)}, of the twin ${String(b)}`);
  for (const key of ['leaking', 'line', 'rule'] as const) {
    if (killed[key] !== twin[key] && (killed.leaking || twin.leaking)) differ(key, killed[key], twin[key]);
  }
  if (Math.abs(killed.start - twin.start) > SAME_START) differ('the start', killed.start, twin.start);
  // Who has seen more of the processes before may know that they leaked as well: what counts is the present one, from
  // when on both have seen it.
  const seen = Math.max(killed.start, killed.firstSeen ?? 0, twin.firstSeen ?? 0);
  if (killed.since !== null && twin.since !== null && Math.abs(Math.max(killed.since, seen) - Math.max(twin.since, seen)) > SINCE_MS) differ('since', killed.since, twin.since);
  if (killed.leaking && twin.leaking && Math.max(killed.perHour, twin.perHour) > PACE_FACTOR * Math.min(killed.perHour, twin.perHour)) differ('the growth an hour', killed.perHour, twin.perHour);
  return faults;
}
