/** Owns the putting together of one dump from its lines, whatever is missing among them. */
import { type Budget, type Circumstances, type Frame, GOROUTINE_COUNT, labelsOf, type Profile, ProfileBuilder, type StackNode } from '../profile/index.js';
import { readLabels } from './quoted-labels.js';
import { ELIDED, NON_GO, readHeader } from './traceback-header.js';
import type { DumpLine } from './dump-line.js';

const ONE: readonly number[] = [1];
const MINUTE = 60_000;
/** The waiting time in a goroutine's status, which is no part of its state. */
const MINUTES = /, (\d{1,12}) minutes/;

/** What is known of a dump besides its profile. */
export interface DumpPart {
  readonly profile: Profile;
  /** What its first line says that it has; null where there is none. */
  readonly total: number | null;
  /** How many goroutines it has, those left out by an option included. */
  readonly found: number;
  /** It ends in the middle of a stack. */
  readonly cut: boolean;
}

/** One goroutine, or one stack with its count, whose lines are coming. */
interface Open {
  readonly circumstances: Circumstances;
  readonly count: number;
  readonly waitMs: number;
  readonly addresses: readonly string[];
  stack: StackNode;
  createdBy: Frame | null;
  /** Whether anything of the stack came: a goroutine of which only the first line is there was cut. */
  isKnown: boolean;
  /** Only the one function is there with which a debugger lists it; its stack may come. */
  isListed: boolean;
  readonly id: string;
  /** It ran on another thread: its stack comes with that, if at all. */
  isElsewhere: boolean;
}

export class DumpStacks {
  readonly #budget: Budget;
  readonly #builder: ProfileBuilder;
  readonly #ids = new Set<string>();
  /** Goroutines whose stack may come with their thread, by id. */
  readonly #elsewhere = new Map<string, Open>();
  #afterRule = false;
  /** Whether what comes are the program's further threads, each with the goroutine that it ran. */
  #threads = false;
  #kind = 'goroutine';
  #form: 'debug=1' | 'debug=2' = 'debug=2';
  #total: number | null = null;
  #count = 0;
  #open: Open | null = null;
  /** A call, or a creator, whose place has not come yet. */
  #pending: { readonly name: string; readonly as: 'call' | 'creator'; readonly sure: boolean } | null = null;
  #mode: 'stack' | 'ancestors' | 'creator-of-another' | 'known-goroutine' = 'stack';
  #labels: string | null = null;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#builder = new ProfileBuilder([GOROUTINE_COUNT], budget);
  }

  /** Whether a line can't belong to this dump: a goroutine that it has already, or another profile's first line. */
  isNext(line: DumpLine): boolean {
    if (line.is === 'total') return this.#total !== null || this.#count > 0 || this.#open !== null;
    if (line.is === 'record') return this.#form === 'debug=2' && (this.#count > 0 || this.#open !== null);
    if (line.is !== 'goroutine' && line.is !== 'listed') return false;
    if (this.#form === 'debug=1' && (this.#count > 0 || this.#open !== null)) return true;
    if (this.#threads) return false;
    // goleak's older versions name each goroutine twice.
    return this.#ids.has(line.id) && !(this.#open !== null && !this.#open.isKnown);
  }

  /** Takes a line. False: it does not belong to the dump. */
  take(line: DumpLine): boolean {
    if (line.is !== 'blank' && line.is !== 'rule' && line.is !== 'signal') this.#afterRule = false;
    switch (line.is) {
      case 'blank':
      case 'comment':
        return true;
      case 'total':
        this.#kind = line.kind;
        this.#form = 'debug=1';
        this.#total = line.total;
        return true;
      case 'record':
        this.#finish();
        this.#form = 'debug=1';
        this.#open = { ...this.#nothing(), count: line.count, addresses: line.addresses, isKnown: true };
        return true;
      case 'instances':
        this.#finish();
        this.#open = { ...this.#nothing(), count: line.count };
        return true;
      case 'listed':
        this.#finish();
        this.#ids.add(line.id);
        this.#budget.hold(60, NOWHERE);
        this.#open = { ...this.#nothing(), circumstances: this.#builder.circumstances(line.status), isListed: true };
        this.#outward(this.#open, line.name, line.file, line.line);
        return true;
      case 'goroutine':
        return this.#begin(line.id, line.status);
      case 'race-creator':
        this.#finish();
        this.#mode = 'creator-of-another';
        return true;
      case 'rule':
        this.#finish();
        this.#afterRule = this.#ids.size > 0;
        return false;
      case 'signal':
        this.#threads = this.#afterRule;
        return false;
      case 'other':
        return false;
      default:
        return this.#mode === 'stack' ? this.#open !== null && this.#detail(this.#open, line) : true;
    }
  }

  end(): DumpPart {
    const cut = this.#pending?.sure === true || (this.#open !== null && !this.#open.isKnown);
    this.#finish();
    for (const open of this.#elsewhere.values()) this.#add(open);
    const type = { type: this.#kind, unit: 'count' };
    const profile = this.#builder.build({ kind: this.#kind, form: this.#form, period: { ...type, value: 1 } });
    return { profile: { ...profile, sampleTypes: [type] }, total: this.#total, found: this.#count, cut };
  }

  #begin(id: string, status: string): boolean {
    this.#finish();
    const minutes = MINUTES.exec(status);
    const header = readHeader(`${status.replace(MINUTES, '')}:`);
    if (header === null) return false;
    // Each thread has a goroutine 0, its scheduler.
    if (this.#threads && id !== '0' && this.#ids.has(id) && !this.#elsewhere.delete(id)) {
      this.#mode = 'known-goroutine';
      return true;
    }
    this.#ids.add(id);
    this.#budget.hold(60, NOWHERE);
    this.#open = {
      ...this.#nothing(),
      id,
      circumstances: this.#builder.circumstances(header.state, labelsOf(header.labels), header.annotations),
      waitMs: minutes === null ? 0 : Number(minutes[1]) * MINUTE,
    };
    return true;
  }

  #nothing(): Open {
    return { circumstances: this.#builder.circumstances(null), count: 1, waitMs: 0, addresses: [], stack: this.#builder.stacks.root, createdBy: null, isKnown: false, id: '', isElsewhere: false, isListed: false };
  }

  /** A line within a stack. */
  #detail(open: Open, line: DumpLine): boolean {
    switch (line.is) {
      case 'frame':
        this.#outward(open, line.name, line.file, line.line, line.address);
        return true;
      case 'labels':
        this.#labels = line.text;
        return true;
      case 'delve-call':
        if (open.isListed) {
          open.stack = this.#builder.stacks.root;
          open.isListed = false;
        }
        this.#settle(open);
        this.#pending = { name: line.name, as: 'call', sure: true };
        return true;
      case 'call':
        // Its place has not come for the former; what looked like one but for that, was none.
        this.#settle(open);
        this.#pending = { name: line.name, as: 'call', sure: line.sure };
        return true;
      case 'creator':
        this.#settle(open);
        this.#pending = { name: line.name, as: 'creator', sure: true };
        return true;
      case 'place':
        return this.#place(open, line.file, line.line);
      case 'gap':
      case 'foreign':
        this.#settle(open);
        this.#outward(open, line.is === 'gap' ? ELIDED : NON_GO, '', 0);
        return true;
      case 'unavailable':
        open.isKnown = open.isElsewhere = true;
        return true;
      case 'ancestors':
        this.#settle(open);
        this.#mode = 'ancestors';
        return true;
      default:
        return false;
    }
  }

  #place(open: Open, file: string, line: number): boolean {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return false;
    if (pending.as === 'call') this.#outward(open, pending.name, file, line);
    else open.createdBy = this.#builder.stacks.frame(pending.name, file, line);
    open.isKnown = true;
    return true;
  }

  /** A call whose place is missing is kept, if nothing else can look like that. */
  #settle(open: Open): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null || !pending.sure) return;
    if (pending.as === 'call') this.#outward(open, pending.name, '', 0);
    else open.createdBy = this.#builder.stacks.frame(pending.name, '', 0);
    open.isKnown = true;
  }

  #outward(open: Open, name: string, file: string, line: number, address = ''): void {
    const { stacks } = this.#builder;
    open.stack = stacks.outward(open.stack, stacks.frame(name, file, line, address));
    open.isKnown = true;
  }

  #finish(): void {
    const open = this.#open;
    if (open !== null) this.#settle(open);
    this.#open = null;
    this.#mode = 'stack';
    const labels = this.#labels;
    this.#labels = null;
    if (open === null || !open.isKnown || open.count === 0) return;
    if (open.isElsewhere && open.id !== '') this.#elsewhere.set(open.id, open);
    else this.#add(open, labels);
  }

  #add(open: Open, labels: string | null = null): void {
    this.#count += open.count;
    // Only debug=2 says for how long they wait.
    if (this.#form === 'debug=2' && open.waitMs < this.#budget.minWaitMs) return;
    const { stacks } = this.#builder;
    if (open.stack === stacks.root) for (const address of open.addresses) open.stack = stacks.outward(open.stack, stacks.frame('', '', 0, address));
    const pairs = labels === null ? null : readLabels(labels, 0);
    const circumstances = pairs === null ? open.circumstances : this.#builder.circumstances(open.circumstances.state, labelsOf(pairs.pairs), open.circumstances.annotations);
    this.#builder.add(open.stack, circumstances, open.createdBy, open.count === 1 ? ONE : [open.count], open.waitMs);
  }
}

const NOWHERE = { position: -1, line: 0 };
