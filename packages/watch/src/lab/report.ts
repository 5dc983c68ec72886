/** Owns the lab's printed output: the progress line of each experiment, the table, and the conclusion under it. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Comparison } from './comparison.js';
import { describeHeld } from './held.js';

/** `11 11 13 13`, with the errors if there were any. */
function formatCounts(result: { readonly counts: readonly number[]; readonly errors: number }): string {
  const errors = result.errors === 0 ? '' : ` and ${result.errors} error${result.errors > 1 ? 's' : ''}`;
  return `${result.counts.join(', ')}${errors}`;
}

/** One experiment that has just ended. */
export function formatProgress(comparison: Comparison, done: number, total: number): string {
  const what = comparison.here === null ? 'failed' : formatCounts(comparison.here);
  const verdict = comparison.same ? 'as Go' : `NOT as Go, which has ${formatCounts(comparison.go)}`;
  return `[${String(done).padStart(String(total).length)}/${total}] ${comparison.id}: ${what}, ${verdict}`;
}

/** The table; `width` is the terminal's, `color` whether it shows colors, `characters` what cli-table3 draws with in place of its own. */
export function formatTable(comparisons: readonly Comparison[], width: number, color: boolean, characters: Readonly<Record<string, string>> = {}): string {
  const paint = (format: 'red' | 'green' | 'dim' | 'bold', text: string): string =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const numbers = 9;
  const room = Math.max(60, Math.min(width, 160) - 2 * (numbers + 2) - 5);
  const table = new Table({
    chars: characters,
    head: ['experiment', 'Go', 'here', 'who holds what'].map((title) => paint('bold', title)),
    colWidths: [Math.floor(room * 0.45), numbers + 2, numbers + 2, Math.ceil(room * 0.55)],
    wordWrap: true,
    style: { head: [], border: [], compact: false },
  });
  for (const comparison of comparisons) {
    table.push([
      `${comparison.why}\n${paint('dim', comparison.id)}`,
      formatCounts(comparison.go),
      comparison.here === null ? paint('red', 'failed') : paint(comparison.same ? 'green' : 'red', formatCounts(comparison.here)),
      formatHeld(comparison),
    ]);
  }
  return table.toString();
}

function formatHeld({ held, failure }: Comparison): string {
  if (failure !== null) return failure;
  const lines = held.map((groups) => (groups.length === 0 ? 'nothing' : groups.map(describeHeld).join('; ')));
  // With several counts, each line says which it belongs to.
  return lines.length === 1 ? lines[0] : lines.map((line, index) => `${index + 1}: ${line}`).join('\n');
}

/** What the numbers teach, and how many of them were Go's. */
export function formatLesson(comparisons: readonly Comparison[]): string {
  const different = comparisons.filter(({ same }) => !same);
  const verdict =
    different.length === 0
      ? `All ${comparisons.length} experiments count what Go counts.`
      : `${different.length} of ${comparisons.length} experiments differ from Go: ${different.map(({ id }) => id).join(', ')}.`;
  return `
The number is how many tasks are alive: what runtime.NumGoroutine() is to Go, taskCount() is here.
One is the program itself; every open connection adds two, its readLoop and its writeLoop.

Six requests make 3 and not 13, if each body is read to its end: EOF gives the connection back to
the pool, whether or not anybody calls close(), and the next request takes it: 1 + 2 × 1.
Unread, each body keeps its connection, and the next request has to dial: 1 + 2 × 6 = 13.
Ten bytes read are unread too. Closing early ends the connection and both its tasks: back to 1.

So: read it all or close it.    await using response = await get(url);

${verdict}
`;
}
