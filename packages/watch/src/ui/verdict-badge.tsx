/** Owns how a verdict is shown: a word and a shape, never a colour alone. */
import type { VNode } from 'preact';
import type { Standing } from './fleet.js';
import { count, minute } from './quantity.js';

const LOOK: Readonly<Record<Standing, readonly [sign: string, word: string]>> = {
  leaking: ['▲', 'leaking'],
  down: ['✕', 'down'],
  unknown: ['…', 'watching'],
  healthy: ['✓', 'healthy'],
};

interface BadgeProps {
  readonly standing: Standing;
  /** How many there are. */
  readonly number?: number;
  /** When there will be a verdict, ms since 1970. */
  readonly until?: number | undefined;
}

export function VerdictBadge({ standing, number, until }: BadgeProps): VNode {
  const [sign, word] = LOOK[standing];
  return (
    <span class={`badge ${standing}`}>
      <span aria-hidden="true">{sign}</span> {number === undefined ? '' : `${count(number)} `}
      {word}
      {standing === 'unknown' && until !== undefined ? ` until ${minute(until)}` : ''}
    </span>
  );
}
