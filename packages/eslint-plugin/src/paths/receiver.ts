/** Owns the question who receives a response at one event, after it was read: `res.resume(); resolve(res)`, and `res.on('end', () => resolve(res))`. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import type { Binding, Effect } from './effect.js';
import { contains, isFunction } from './scope.js';

/** What the question needs from the analysis. */
interface Uses {
  readonly unit: SourceUnit;
  effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[];
}

/** The parameters that receive it; null for the caller, to whom it is returned. */
export function receiversAt({ unit, effectsOf }: Uses, node: TSESTree.Node, holders: readonly Binding[]): (Variable | null)[] {
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
