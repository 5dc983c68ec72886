/** Owns what is known at one point of one path: the variables that lead to the response. */
import type { TSESTree } from '@typescript-eslint/utils';
import { holds, shapeKey, type Constant, type Shape } from '../clients/index.js';
import type { Variable } from '../graph/index.js';
import type { Jump } from './edge.js';
import type { Binding, Effect } from './effect.js';
import { contains } from './scope.js';

type Bound = Extract<Effect, { kind: 'bound' }>;

let variableCount = 0;
const variableIds = new WeakMap<Variable, number>();
function idOf(variable: Variable): number {
  let id = variableIds.get(variable);
  if (id === undefined) variableIds.set(variable, (id = ++variableCount));
  return id;
}

/** The state of a path. It must not be changed once it is shared: make a copy. */
export class PathState {
  readonly aliases: Map<Variable, Shape>;
  /** The later statements that will assign it to variables. */
  readonly pending: Map<TSESTree.Node, Bound>;
  /** The outcomes of repeated conditions. */
  readonly facts: Map<string, boolean>;
  /** Variables with known values. */
  readonly constants: Map<Variable, Constant>;
  /** The text of the request's method, if a variable has it: on the path where it is HEAD, there is no body. */
  method: string | null = null;
  /** The `return` or `throw` that leaves through a `finally` block. */
  leaving: Jump | null = null;
  /** A part of it was read. */
  inPart = false;
  /** It was finished or passed on; the path is followed only to see how it ends. */
  finished = false;
  /** It was finished by this function, or by one that it called. */
  read = false;
  /** A condition says that there is nothing to finish: that is no deed of the function. */
  hasNothing = false;
  /** It was finished by being returned. */
  returned = false;

  constructor(from: PathState | null) {
    this.aliases = new Map(from?.aliases);
    this.pending = new Map(from?.pending);
    this.facts = new Map(from?.facts);
    this.constants = new Map(from?.constants);
    if (from !== null) {
      this.method = from.method;
      this.leaving = from.leaving;
      this.inPart = from.inPart;
      this.finished = from.finished;
      this.read = from.read;
      this.hasNothing = from.hasNothing;
      this.returned = from.returned;
    }
  }

  copy(): PathState {
    return new PathState(this);
  }

  await(effect: Bound): void {
    const before = this.pending.get(effect.write);
    this.pending.set(effect.write, before === undefined ? effect : { ...effect, bindings: [...before.bindings, ...effect.bindings] });
  }

  /** The variables that still lead to the response. */
  holders(): Binding[] {
    return [...this.aliases].filter(([, value]) => holds(value)).map(([variable, value]) => ({ variable, shape: value }));
  }

  get isHeld(): boolean {
    if ([...this.aliases.values()].some(holds)) return true;
    return [...this.pending.values()].some(({ bindings }) => bindings.some((binding) => holds(binding.shape)));
  }

  /** Whether the path leaves a loop over a list of responses before its first iteration, so that there was no response. */
  skipsLoop(next: TSESTree.Node | null): boolean {
    return [...this.pending.values()].some(({ maybe, write }) => {
      if (!maybe) return false;
      const loop = write.parent?.parent;
      return next === null || loop === undefined || next === loop || !contains(loop, next);
    });
  }

  key(): string {
    if (this.finished) return `finished ${this.read ? this.holders().map(({ variable }) => idOf(variable)).sort().join() : ''} ${this.returned} ${this.hasNothing} ${this.leaving?.range[0] ?? ''}`;
    const aliases = [...this.aliases].map(([variable, value]) => `${idOf(variable)}:${shapeKey(value)}`).sort();
    const pending = [...this.pending.keys()].map((node) => node.range[0]).sort();
    const facts = [...this.facts].map(([text, outcome]) => `${text}=${outcome}`).sort();
    const constants = [...this.constants].map(([variable, value]) => `${idOf(variable)}=${value}`).sort();
    return `${aliases.join()}|${constants.join()}|${pending.join()}|${facts.join()}|${this.leaving?.range[0] ?? ''}|${this.inPart}`;
  }
}
