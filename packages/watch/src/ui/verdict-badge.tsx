/** Owns how a verdict is shown: a word and a shape, never a colour alone. */
import type { VNode } from 'preact';
import type { Standing } from './fleet.js';
import { count } from './quantity.js';

const LOOK: Readonly<Record<Standing, readonly [sign: string, word: string]>> = {
  leaking: ['▲', 'leaking'],
  down: ['✕', 'down'],
  unknown: ['…', 'watching'],
  healthy: ['✓', 'healthy'],
};

export function VerdictBadge({ standing, number }: { readonly standing: Standing; readonly number?: number }): VNode {
  const [sign, word] = LOOK[standing];
  return (
    <span class={`badge ${standing}`}>
      <span aria-hidden="true">{sign}</span> {number === undefined ? '' : `${count(number)} `}
      {word}
    </span>
  );
}
