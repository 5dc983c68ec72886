/** Owns columns of text as Go's text/tabwriter lines them up. */

/** Go's tabwriter takes a tab for eight columns wide. */
const TAB = 8;

/** Each column as wide as its widest cell and one more, filled up with tabs: `tabwriter.NewWriter(w, 1, 8, 1, '\t', 0)`. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    // The last cell of a line ends it and is in no column.
    for (let i = 0; i < row.length - 1; i++) widths[i] = Math.max(widths[i] ?? 0, width(row[i]) + 1);
  }
  return rows
    .map((row) => {
      const last = row.length - 1;
      return `${row.map((cell, i) => (i === last ? cell : cell + '\t'.repeat(Math.ceil((Math.ceil(widths[i] / TAB) * TAB - width(cell)) / TAB)))).join('')}\n`;
    })
    .join('');
}

/** In characters, as Go counts them. */
function width(cell: string): number {
  if (/^[\0-\x7f]*$/.test(cell)) return cell.length;
  let characters = 0;
  for (const _ of cell) characters++;
  return characters;
}
