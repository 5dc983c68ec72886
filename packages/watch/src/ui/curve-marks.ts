/** Owns the marks drawn over the curve: restarts, the trough line, the detection beside the threshold, and the two moments that are compared. */
import type uPlot from 'uplot';
import type { TargetView } from './dashboard-api.js';
import { count } from './quantity.js';
import type { Moments } from './moments.js';

/** The colours of the style sheet, as they are now. */
export function palette(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** Draws the marks; called after each drawing of the curve. */
export function drawMarks(plot: uPlot, { restarts, trough, incidents, threshold }: TargetView, moments: Moments | null): void {
  const { ctx, bbox } = plot;
  const color = palette(plot.root);
  const ratio = devicePixelRatio;
  const x = (time: number): number => Math.round(plot.valToPos(time / 1000, 'x', true));
  const y = (value: number): number => plot.valToPos(value, 'y', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';

  const line = (from: readonly [number, number], to: readonly [number, number], stroke: string, width: number, dash: readonly number[] = []): void => {
    ctx.beginPath();
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width * ratio;
    ctx.setLineDash(dash.map((length) => length * ratio));
    ctx.moveTo(...from);
    ctx.lineTo(...to);
    ctx.stroke();
  };
  /** What of each row of labels is written on, px. */
  const taken: (readonly [from: number, to: number])[][] = [];
  const labels: { readonly text: string; readonly from: number; readonly width: number; readonly row: number; readonly fill: string }[] = [];
  const label = (text: string, at: number, row: number, fill: string): void => {
    // On the side where there is room.
    const left = at > bbox.left + bbox.width / 2;
    const { width } = ctx.measureText(text);
    const from = left ? at - 4 * ratio - width : at + 4 * ratio;
    const written = (taken[row] ??= []);
    // The line stands there without it; the list below the curve says the same in words.
    if (text === '' || written.some(([begin, end]) => from < end + 4 * ratio && begin < from + width + 4 * ratio)) return;
    written.push([from, from + width]);
    labels.push({ text, from, width, row, fill });
  };
  const vertical = (time: number, stroke: string, text: string, row: number, dash: readonly number[] = []): void => {
    const at = x(time);
    line([at, bbox.top], [at, bbox.top + bbox.height], stroke, 1.5, dash);
    label(text, at, row, stroke);
  };

  if (moments !== null) {
    ctx.fillStyle = color('chosen');
    ctx.fillRect(x(moments.before), bbox.top, Math.max(1, x(moments.after) - x(moments.before)), bbox.height);
  }
  for (const time of restarts) vertical(time, color('faint'), restarts.length <= 6 ? 'restart' : '', 0, [3, 4]);
  if (y(threshold.value) >= bbox.top) {
    line([bbox.left, y(threshold.value)], [bbox.left + bbox.width, y(threshold.value)], color('threshold'), 1, [6, 4]);
  }
  if (threshold.at !== null) vertical(threshold.at, color('threshold'), `threshold ${count(threshold.value)}`, 2, [6, 4]);
  // The latest first: where there is not room for all, its label is the one that is written.
  for (const { opened } of incidents) vertical(opened, color('leaking'), 'detected', 1);
  if (trough !== null) line([x(trough.from[0]), y(trough.from[1])], [x(trough.to[0]), y(trough.to[1])], color('trough'), 2.5);
  // Last, and each on a ground of its own: else the lines of other marks would go through the letters.
  ctx.textAlign = 'left';
  for (const { text, from, width, row, fill } of labels) {
    const top = bbox.top + (3 + row * 14) * ratio;
    ctx.fillStyle = color('ground');
    ctx.fillRect(from - 2 * ratio, top - ratio, width + 4 * ratio, 13 * ratio);
    ctx.fillStyle = fill;
    ctx.fillText(text, from, top);
  }
  ctx.restore();
}
