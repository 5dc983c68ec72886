/** The outcomes of a soak, counted for each fault, and what was found that must not be. */

import type { Outcome } from './use.js';

type Kind = Outcome['kind'];
const KINDS: readonly Kind[] = ['answered', 'closed', 'gave up', 'timed out', 'failed'];

export class Outcomes {
  readonly #faults = new Map<string, { counts: Map<Kind, number>; codes: Map<string, number> }>();
  readonly #findings = new Map<string, { count: number; first: string }>();
  total = 0;

  count(fault: string, { kind, code }: Outcome): void {
    let row = this.#faults.get(fault);
    if (row === undefined) this.#faults.set(fault, (row = { counts: new Map(), codes: new Map() }));
    this.total++;
    row.counts.set(kind, (row.counts.get(kind) ?? 0) + 1);
    if (kind === 'failed') row.codes.set(code, (row.codes.get(code) ?? 0) + 1);
  }

  /** @param kind what is counted as the same */
  find(kind: string, what: string): void {
    const known = this.#findings.get(kind);
    if (known === undefined) this.#findings.set(kind, { count: 1, first: what });
    else known.count++;
  }

  get findings(): string[] {
    return [...this.#findings].map(([kind, { count, first }]) => `${count} × ${kind}; the first: ${first}`);
  }

  get faults(): string[] {
    return [...this.#faults.keys()];
  }

  table(): string {
    const head = ['fault', 'requests', ...KINDS, 'errors'];
    const rows = [...this.#faults].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([fault, { counts, codes }]) => {
      const numbers = KINDS.map((kind) => counts.get(kind) ?? 0);
      const errors = [...codes].toSorted(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
      return [fault, numbers.reduce((sum, count) => sum + count, 0), ...numbers, errors.slice(0, 4).join(', ')].map(String);
    });
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
    return [head, ...rows].map((row) => row.map((cell, column) => (column === 0 || column === head.length - 1 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ').trimEnd()).join('\n');
  }
}
