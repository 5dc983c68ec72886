// A terminal's screen as an SVG: its cells as text, so that it can be read and searched.
import type { Run } from './pictured-terminal.js';

const CELL = { width: 8.4, height: 19 } as const;
const MARGIN = 16;
const GROUND = '#1b1e24';
const USUAL = '#d6d9de';
/** The sixteen colours of a terminal. */
const COLORS = ['#5c6370', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d6d9de', '#7f8793', '#ff8b94', '#b5e890', '#ffd98a', '#82c4ff', '#e09cf5', '#7fd6e0', '#ffffff'] as const;

export function drawTerminal(rows: readonly (readonly Run[])[]): string {
  const columns = Math.max(...rows.map((runs) => runs.reduce((sum, { text }) => sum + text.length, 0)));
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = rows.length * CELL.height + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    ...rows.map((runs, row) => `<text y="${MARGIN + row * CELL.height + 14}" fill="${USUAL}" xml:space="preserve">${spans(runs)}</text>`),
    '</svg>\n',
  ].join('\n');
}

/** Each run begins where its first cell is and is as wide as its cells, whatever font there is. */
function spans(runs: readonly Run[]): string {
  let column = 0;
  return runs
    .map(({ text, bold, dim, color }) => {
      const look = [bold ? ' font-weight="bold"' : '', dim ? ' opacity="0.6"' : '', color === null ? '' : ` fill="${COLORS[color] ?? USUAL}"`].join('');
      const span = `<tspan x="${rounded(MARGIN + column * CELL.width)}" textLength="${rounded(text.length * CELL.width)}" lengthAdjust="spacingAndGlyphs"${look}>${escaped(text)}</tspan>`;
      column += text.length;
      return span;
    })
    .join('');
}

/** The rows of such a drawing. */
export function textOfDrawing(drawing: string): string[] {
  return [...drawing.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, row]) => row.replaceAll(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
