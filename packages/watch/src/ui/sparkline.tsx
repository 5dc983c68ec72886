/** Owns the small curve in a row of the overview: it shows the shape only, since the numbers stand beside it. */
import type { VNode } from 'preact';
import type { Curve } from '../server/index.js';

const WIDTH = 120;
const HEIGHT = 28;
/** The least number of tasks that the full height stands for. */
const LEAST_TOP = 8;

export function Sparkline({ curve: { times, high } }: { readonly curve: Curve }): VNode | null {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || times.length < 2) return null;
  // A change by two tasks must not look large.
  const most = Math.max(LEAST_TOP, ...high);
  const path = times.map((time, i) => `${i === 0 ? 'M' : 'L'}${(((time - first) / (last - first || 1)) * WIDTH).toFixed(1)} ${(HEIGHT - 1 - (high[i] / most) * (HEIGHT - 2)).toFixed(1)}`).join('');
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
