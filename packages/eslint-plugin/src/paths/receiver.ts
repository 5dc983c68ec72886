/** Owns the question who receives a response that is read as well: `res.resume(); resolve(res)`, `res.on('end', () => resolve(res))`. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import type { Binding, Effect, Outcome } from './effect.js';
import { wholeOf } from './position.js';
import { contains, isFunction } from './scope.js';

/** What the question needs from the analysis. */
interface Uses {
  readonly unit: SourceUnit;
  effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[];
  enter: (effect: Extract<Effect, { kind: 'enters' }>) => Outcome | null;
}

/** The parameters that receive it at one event; null for the caller, to whom it is returned. */
export function receiversAt({ unit, effectsOf }: Omit<Uses, 'enter'>, node: TSESTree.Node, holders: readonly Binding[]): (Variable | null)[] {
  const isClosure = isFunction(node);
  if (node.type !== 'Identifier' && !isClosure) return [];
  const found: (Variable | null)[] = [];
  for (const { variable, shape } of holders) {
    for (const { identifier } of variable.references) {
      if (!unit.reads.has(identifier) || !(isClosure ? contains(node, identifier) : identifier === node)) continue;
      for (const effect of effectsOf(identifier, shape)) {
        if (effect.kind === 'given') found.push(effect.gift.to);
        else if (effect.kind === 'returned' && !isClosure) found.push(null);
      }
    }
  }
  return found;
}

/** Whether the same statement reads it after it was given on: `return { res, text: await res.text() }`. */
export function isReadBeside({ effectsOf, enter }: Uses, node: TSESTree.Identifier, { variable, shape }: Binding): boolean {
  const whole = wholeOf(node);
  const reads = (use: Effect): boolean => use.kind === 'finished' || (use.kind === 'enters' && enter(use)?.isReadHere === true);
  return variable.references.some(({ identifier }) => identifier.range[0] > node.range[1] && contains(whole, identifier) && effectsOf(identifier, shape).some(reads));
}
