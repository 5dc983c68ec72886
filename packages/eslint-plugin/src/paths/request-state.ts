/** Owns what is known where a request is made: constants, conditions that hold there, and what can end its response. */
import type { TSESTree } from '@typescript-eslint/utils';
import { abortControllers, dispatchersOf, shape } from '../clients/index.js';
import type { Call, CodeGraph, SourceUnit } from '../graph/index.js';
import { constantsAt } from './constant.js';
import { factsAt } from './fact.js';
import { methodText } from './head.js';
import { PathState } from './path-state.js';

/** The state of a path that begins with the request. */
export function stateAt(unit: SourceUnit, graph: CodeGraph, node: TSESTree.Node, request: Call): PathState {
  const state = new PathState(null);
  state.method = methodText(unit, request);
  for (const [variable, value] of constantsAt(unit, node)) state.constants.set(variable, value);
  for (const dispatcher of dispatchersOf(unit, request)) state.aliases.set(dispatcher, shape('canceller', 'undici'));
  for (const controller of abortControllers(unit, request.arguments)) state.aliases.set(controller, shape('canceller', 'node'));
  for (const fact of factsAt(unit, graph, node)) state.facts.set(fact.text, fact.outcome);
  return state;
}
