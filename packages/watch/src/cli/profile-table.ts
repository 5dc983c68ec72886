/** Owns how groups of stacks are printed on a terminal: a table, and below it what the known ones mean. */
import Table from 'cli-table3';
import type { Frame } from 'watertight/pprof';
import { wrapped, type TableCharacters } from './table-style.js';
import type { Diagnosis, StackSummary, Summary } from '../diagnose/index.js';

export interface TableOptions {
  /** Whether there is an earlier profile; then there is a column for the growth. */
  readonly compared: boolean;
  readonly limit: number;
  /** A group is what one `go` statement started. */
  readonly byCreator: boolean;
  readonly columns: number;
  readonly color: boolean;
  /** What the table is drawn with. */
  readonly characters: TableCharacters;
}

export function formatSummary(summary: Summary, options: TableOptions): string {
  const { compared, limit, byCreator } = options;
  const told = compared ? summary.groups.filter(({ growth }) => growth !== 0) : summary.groups;
  const groups = byCreator ? told.map((group) => ({ ...group, stacks: 1 })) : folded(told);
  const shown = groups.slice(0, limit);
  const rest = groups.length - shown.length;
  const head = compared ? `${summary.before} before, ${summary.total} after: ${signed(summary.total - summary.before)}` : `${amount(summary.total, 'task')} ${byCreator ? 'started in' : 'in'} ${amount(summary.groups.length, byCreator ? 'place' : 'stack', 'different ')}`;
  const parts = [head];
  if (shown.length > 0) parts.push(table(shown, options));
  if (rest > 0) parts.push(`and ${rest} more`);
  const known = worthNaming(summary.diagnoses);
  if (known.length > 0) parts.push(known.map((diagnosis) => describe(diagnosis, compared)).join('\n\n'));
  else if (compared) parts.push('Nothing grew that could be a leak.');
  return `${parts.join('\n\n')}\n`;
}

/** What is in every program, and explains nothing. */
const USUAL = new Set(['profiling', 'write-loops', 'runtime', 'test-run', 'listening']);
const MOST_NAMED = 5;

/**
 * The diagnoses that explain the tasks, or their growth, the most first. One of growth that is no leak is named
 * where it explains more than all leaks together, or nothing leaks; of the rest, what is less than a hundredth
 * of the first is left out.
 */
function worthNaming(diagnoses: readonly Diagnosis[]): Diagnosis[] {
  const grown = diagnoses.filter(({ id, growth, tasks }) => growth > 0 && tasks > 0 && !USUAL.has(id));
  const leaked = grown.reduce((sum, { leak, tasks }) => sum + (leak ? tasks : 0), 0);
  const named = grown.filter(({ leak, tasks }) => leak || tasks > leaked);
  return named.filter(({ tasks }) => tasks * 100 >= named[0].tasks).slice(0, MOST_NAMED);
}

function amount(count: number, thing: string, ifMany = ''): string {
  return count === 1 ? `1 ${thing}` : `${count} ${ifMany}${thing}s`;
}

/** The characters of the column that says how a group waits. */
const WAIT_WIDTH = 16;

/** A row of the table: one group, or several that mean the same and stand in the same line of the program. */
interface Row extends StackSummary {
  readonly stacks: number;
}

/** Stacks that differ only in how they came to that line are one row, at the place of the first. */
function folded(groups: readonly StackSummary[]): Row[] {
  const rows = new Map<unknown, Row>();
  for (const group of groups) {
    const { diagnosis, site } = group;
    // Nothing says that two of no known kind, or of no known line, are the same.
    const key = diagnosis === null || site === null ? group : `${diagnosis.id} ${place(site)}`;
    const row = rows.get(key);
    rows.set(key, row === undefined ? { ...group, stacks: 1 } : { ...row, count: row.count + group.count, growth: row.growth + group.growth, waitMs: Math.max(row.waitMs, group.waitMs), state: row.state === group.state ? row.state : null, stacks: row.stacks + 1 });
  }
  return [...rows.values()];
}

function table(groups: readonly Row[], { compared, byCreator, columns, color, characters }: TableOptions): string {
  const head = [...(compared ? ['growth'] : []), 'count', byCreator ? 'longest wait' : 'state', byCreator ? 'started by' : 'waits in', 'line of the program'];
  // The two columns of names share the width that the others leave.
  const fixed = head.length * 3 + 1 + (compared ? 8 : 0) + 8 + WAIT_WIDTH;
  const free = Math.max(40, columns - fixed);
  const names = [Math.floor(free / 2), Math.ceil(free / 2)] as const;
  const widths = [...(compared ? [10] : []), 10, WAIT_WIDTH + 2, ...names.map((width) => width + 2)];
  const view = new Table({ chars: characters, head, colWidths: widths, wordWrap: true, wrapOnWordBoundary: false, style: color ? { head: ['bold'], border: ['gray'] } : { head: [], border: [] } });
  for (const { count, growth, top, site, state, waitMs, stacks } of groups) {
    view.push([...(compared ? [signed(growth)] : []), String(count), waiting(state, waitMs, stacks), wrapped(top, names[0]), site === null ? '' : wrapped(place(site), names[1])]);
  }
  return view.toString();
}

/** How a row waits, for how long, and how many stacks it is, on one line or, where that is too short, on one each. */
function waiting(state: string | null, waitMs: number, stacks: number): string {
  const parts = [...(state === null ? [] : [state]), ...(waitMs > 0 ? [`${Math.round(waitMs / 60_000)} min`] : []), ...(stacks > 1 ? [`${stacks} stacks`] : [])];
  const line = parts.join(', ');
  return line.length <= WAIT_WIDTH ? line : parts.map((part) => wrapped(part, WAIT_WIDTH)).join(',\n');
}

function describe({ sentence, advice, site, docs, growth, count }: Diagnosis, compared: boolean): string {
  const lines = [compared && growth !== count ? `${sentence} ${signed(growth)} since before.` : sentence];
  if (site !== null) lines.push(`    at ${place(site)}`);
  lines.push(`    ${advice}`, `    ${docs}`);
  return lines.join('\n');
}

function place({ function: name, file, line }: Frame): string {
  return file === '' ? name : `${name} ${file}${line > 0 ? `:${line}` : ''}`;
}

function signed(number: number): string {
  return number > 0 ? `+${number}` : String(number);
}

/** The same as data: what `--json` prints. */
export function summaryAsData({ total, before, groups, diagnoses }: Summary, limit: number): object {
  return {
    total,
    before,
    groups: groups.slice(0, limit).map(({ count, growth, top, site, state, waitMs, labels, frames, diagnosis }) => ({ count, growth, top, site, state, waitMs, labels, frames, diagnosis: diagnosis?.id ?? null })),
    diagnoses: diagnoses.map(({ stacks: _stacks, ...diagnosis }) => diagnosis),
  };
}
