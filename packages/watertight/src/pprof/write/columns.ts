/** Owns the alignment of text in columns, as Go's text/tabwriter does it. */

/** Go's tabwriter counts a tab as eight columns. */
const TAB = 8;

/** Aligns columns: each is one wider than its widest cell, filled with tabs, like `tabwriter.NewWriter(w, 1, 8, 1, '\t', 0)`. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    // The last cell of a line belongs to no column.
    for (let i = 0; i < row.length - 1; i++) widths[i] = Math.max(widths[i] ?? 0, width(row[i]) + 1);
  }
  return rows
    .map((row) => {
      const last = row.length - 1;
      return `${row.map((cell, i) => (i === last ? cell : cell + '\t'.repeat(Math.ceil((Math.ceil(widths[i] / TAB) * TAB - width(cell)) / TAB)))).join('')}\n`;
    })
    .join('');
}

/** The width in characters, as Go counts them. */
function width(cell: string): number {
  if (/^[\0-\x7f]*$/.test(cell)) return cell.length;
  let characters = 0;
  for (const _ of cell) characters++;
  return characters;
}
