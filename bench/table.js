// Owns tables as text: aligned for a terminal, or in Markdown. The first column is left-aligned, the others
// right-aligned.

/** @typedef {{ header: readonly string[], rows: readonly (readonly string[])[] }} Table */

/** @param {Table} table */
export function alignedTable({ header, rows }) {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ').trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** @param {Table} table */
export function markdownTable({ header, rows }) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? ':--' : '--:'))), ...rows.map(line)].join('\n');
}
