/**
 * Owns the sums of values at equal stacks with equal labels, for profiles of this process. Unlike
 * ProfileBuilder, which reads any profile, it handles only our own data, and with it a hundred thousand
 * different labels.
 */
import { Budget } from './limits.js';
import { labelsOf, type Labels, type Sample } from './profile.js';
import { StackTable, type StackNode } from './stack-table.js';

const NO_ANNOTATIONS: readonly string[] = Object.freeze([]);

export class Tally {
  /** Without a limit, because the process itself limits its profile. */
  readonly stacks = new StackTable(new Budget({ maxHeldBytes: Number.POSITIVE_INFINITY }));
  readonly #labels = new Map<string, Labels>();
  readonly #values = new Map<StackNode, Map<Labels, number[]>>();

  /** The one object for these labels. Different lists of `keys` must have different lengths. */
  labels(keys: readonly string[], values: readonly string[]): Labels {
    const id = `${keys.length}\n${values.join('\n')}`;
    let labels = this.#labels.get(id);
    if (labels === undefined) {
      labels = labelsOf(keys.map((key, i) => [key, values[i]] as const));
      this.#labels.set(id, labels);
    }
    return labels;
  }

  /** Adds `values`, one for each sample type. */
  add(stack: StackNode, labels: Labels, values: readonly number[]): void {
    let here = this.#values.get(stack);
    if (here === undefined) this.#values.set(stack, (here = new Map<Labels, number[]>()));
    const sums = here.get(labels);
    if (sums === undefined) here.set(labels, [...values]);
    else for (let i = 0; i < values.length; i++) sums[i] += values[i];
  }

  /** The samples that are not all zero. */
  *samples(): Generator<Sample, void> {
    for (const [{ frames }, here] of this.#values) {
      for (const [labels, values] of here) {
        if (values.some((value) => value !== 0)) yield { values, frames, state: null, annotations: NO_ANNOTATIONS, labels, waitMs: 0, createdBy: null };
      }
    }
  }
}
