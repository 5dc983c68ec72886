/** Owns the building of a profile: it adds up the values found at equal stacks, in any order. */
import { Budget } from './limits.js';
import type { Place } from './profile-error.js';
import { labelsKey, labelsOf, mainTypeOf, type Frame, type Labels, type Profile, type ProfileForm, type Sample, type SampleType } from './profile.js';
import { StackTable, type StackNode } from './stack-table.js';

const NOWHERE: Place = { position: -1, line: 0 };
const NO_LABELS = labelsOf([]);
const NO_ANNOTATIONS: readonly string[] = Object.freeze([]);

/** What distinguishes samples with the same stack, apart from their creator. Equal circumstances are one object, so they are compared by `===`. */
export interface Circumstances {
  readonly state: string | null;
  readonly annotations: readonly string[];
  readonly labels: Labels;
}

/** A sample whose values are still being added up. */
interface Tally {
  readonly stack: StackNode;
  readonly circumstances: Circumstances;
  readonly createdBy: Frame | null;
  readonly values: number[];
  waitMs: number;
  /** The next tally with the same stack. */
  next: Tally | null;
}

/** The fields of a profile that do not depend on its samples. */
export interface ProfileHead {
  readonly kind: string;
  readonly form: ProfileForm;
  /** Default: the first sample type whose unit is `count`, or else the first. */
  readonly mainType?: number;
  readonly period?: Profile['period'];
  readonly time?: number;
  readonly duration?: number;
  readonly truncated?: boolean;
}

/** From this many circumstances at one stack on, they are looked up by key and not one by one. */
const MANY = 8;

export class ProfileBuilder {
  readonly stacks: StackTable;
  readonly #types: readonly SampleType[];
  readonly #budget: Budget;
  readonly #circumstances = new Map<string, Circumstances>();
  readonly #tallies: Tally[] = [];
  readonly #first = new Map<StackNode, { head: Tally; length: number; byKey: Map<Circumstances, Map<Frame | null, Tally>> | null }>();
  #last: Tally | null = null;

  constructor(types: readonly SampleType[], budget = new Budget()) {
    this.#types = types;
    this.#budget = budget;
    this.stacks = new StackTable(budget);
  }

  /** The one object for these circumstances. */
  circumstances(state: string | null, labels: Labels = NO_LABELS, annotations: readonly string[] = NO_ANNOTATIONS, place: Place = NOWHERE): Circumstances {
    const key = `${state ?? '\0'}\n${annotations.length === 0 ? '' : annotations.join('\n')}\n\n${labelsKey(labels)}`;
    let known = this.#circumstances.get(key);
    if (known === undefined) {
      this.#budget.hold(300 + 6 * key.length, place);
      known = { state, annotations: annotations.length === 0 ? NO_ANNOTATIONS : Object.freeze([...annotations].sort()), labels };
      this.#circumstances.set(key, known);
    }
    return known;
  }

  /** Adds `values` to the sample with this stack, circumstances and creator. */
  add(stack: StackNode, circumstances: Circumstances, createdBy: Frame | null, values: readonly number[], waitMs = 0, place: Place = NOWHERE): void {
    const last = this.#last;
    const tally =
      last !== null && last.stack === stack && last.circumstances === circumstances && last.createdBy === createdBy
        ? last
        : this.#tallyOf(stack, circumstances, createdBy, place);
    this.#last = tally;
    for (let i = 0; i < tally.values.length; i++) tally.values[i] += values[i];
    if (waitMs > tally.waitMs) tally.waitMs = waitMs;
  }

  build(head: ProfileHead): Profile {
    const { mainType = mainTypeOf(this.#types) } = head;
    const totals = this.#types.map(() => 0);
    const samples = [...this.samples()];
    for (const { values } of samples) for (let i = 0; i < totals.length; i++) totals[i] += values[i];
    samples.sort((a, b) => b.values[mainType] - a.values[mainType]);
    return { period: null, time: 0, duration: 0, truncated: false, ...head, sampleTypes: this.#types, mainType, samples, totals };
  }

  /** The samples in the order of their first appearance, one by one for callers that work in slices. */
  *samples(): Generator<Sample, void> {
    for (const { stack, circumstances, createdBy, values, waitMs } of this.#tallies) {
      const { state, annotations, labels } = circumstances;
      yield { values, frames: stack.frames, state, annotations, labels, waitMs, createdBy };
    }
  }

  #tallyOf(stack: StackNode, circumstances: Circumstances, createdBy: Frame | null, place: Place): Tally {
    const here = this.#first.get(stack);
    if (here !== undefined) {
      const known = here.byKey === null ? find(here.head, circumstances, createdBy) : here.byKey.get(circumstances)?.get(createdBy);
      if (known !== undefined && known !== null) return known;
    }
    this.#budget.hold(300 + 8 * this.#types.length, place);
    const tally: Tally = { stack, circumstances, createdBy, values: this.#types.map(() => 0), waitMs: 0, next: here?.head ?? null };
    this.#tallies.push(tally);
    if (here === undefined) {
      this.#first.set(stack, { head: tally, length: 1, byKey: null });
      return tally;
    }
    here.head = tally;
    here.length++;
    if (here.byKey !== null) index(here.byKey, tally);
    else if (here.length > MANY) {
      here.byKey = new Map();
      for (let each: Tally | null = tally; each !== null; each = each.next) index(here.byKey, each);
    }
    return tally;
  }
}

function find(head: Tally, circumstances: Circumstances, createdBy: Frame | null): Tally | null {
  for (let tally: Tally | null = head; tally !== null; tally = tally.next) {
    if (tally.circumstances === circumstances && tally.createdBy === createdBy) return tally;
  }
  return null;
}

function index(byKey: Map<Circumstances, Map<Frame | null, Tally>>, tally: Tally): void {
  const creators = byKey.get(tally.circumstances);
  if (creators === undefined) byKey.set(tally.circumstances, new Map([[tally.createdBy, tally]]));
  else creators.set(tally.createdBy, tally);
}
