/**
 * Owns the effect of a nested function on a variable of the function around it. The time of its call is
 * unknown, so one use that finishes the value or passes it on counts for all paths.
 */
import { TSESLint, type TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import type { Effect, FunctionNode } from './effect.js';
import { contains, isExported, isFunction, namedAs } from './scope.js';

const { DefinitionType } = TSESLint.Scope;

/** The closures of one unit. `effectsOf` reads one use; it must return none for a function that only reads the value. */
export class Closures {
  /** The places that name a function. */
  private uses: { identifier: TSESTree.Node; named: FunctionNode }[] | null = null;
  private readonly known = new Map<TSESTree.Node, Map<Variable, boolean>>();

  constructor(
    private readonly unit: SourceUnit,
    private readonly effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[],
  ) {}

  /** Whether the function, or one that it names or contains, does more with the variable than read it. */
  touches(fn: TSESTree.Node, variable: Variable, shape: Shape): boolean {
    // A recursive call of the variable's own function has another variable.
    if (contains(fn, variable.scope.block)) return false;
    let byVariable = this.known.get(fn);
    if (byVariable === undefined) this.known.set(fn, (byVariable = new Map<Variable, boolean>()));
    const known = byVariable.get(variable);
    if (known !== undefined) return known;
    byVariable.set(variable, false); // ends the recursion of functions that name each other
    const result =
      variable.references.some(({ identifier }) => contains(fn, identifier) && this.unit.reads.has(identifier) && this.effectsOf(identifier, shape).length > 0) ||
      [...this.namedIn(fn)].some((other) => other !== fn && this.touches(other, variable, shape));
    byVariable.set(variable, result);
    return result;
  }

  /** The local function with this name. */
  named(identifier: TSESTree.Node): FunctionNode | null {
    const variable = this.unit.variables.get(identifier);
    const [found] = variable?.defs ?? [];
    // The definition of a parameter also has the function as its node.
    if (found === undefined || (found.type !== DefinitionType.FunctionName && found.type !== DefinitionType.Variable)) return null;
    const definition = found.node;
    if (definition.type === 'FunctionDeclaration') return definition;
    if (definition.type === 'VariableDeclarator' && definition.init && isFunction(definition.init)) return definition.init;
    return null;
  }

  /**
   * Whether the variable was captured before it got its value: by an earlier closure that finishes it, or by
   * a named function that was passed to other code.
   */
  takenBefore(variable: Variable, shape: Shape, write: TSESTree.Node): boolean {
    const homes = new Set<TSESTree.Node>();
    for (const { identifier } of variable.references) {
      const fn = outermostWithin(identifier, variable);
      if (fn !== null && !contains(fn, write)) homes.add(fn);
    }
    return [...homes].some((fn) => {
      if (!this.touches(fn, variable, shape)) return false;
      const name = namedAs(fn);
      if (name === null) return fn.range[0] < write.range[0];
      const own = this.unit.variables.get(name);
      return own !== undefined && (isExported(own) || own.references.some(({ identifier }) => !isCalled(identifier) && identifier !== name && identifier.range[0] < write.range[0]));
    });
  }

  private namedIn(fn: TSESTree.Node): Set<FunctionNode> {
    this.uses ??= [...this.unit.variables.keys()].flatMap((identifier) => {
      const named = this.named(identifier);
      return named === null ? [] : [{ identifier, named }];
    });
    return new Set(this.uses.filter(({ identifier, named }) => contains(fn, identifier) && !contains(fn, named)).map(({ named }) => named));
  }
}

function isCalled(identifier: TSESTree.Node): boolean {
  return identifier.parent?.type === 'CallExpression' && identifier.parent.callee === identifier;
}

/** The outermost function around the node that is inside the variable's own function. */
function outermostWithin(node: TSESTree.Node, variable: Variable): TSESTree.Node | null {
  const home = variable.scope.variableScope.block;
  let found: TSESTree.Node | null = null;
  for (let at: TSESTree.Node | null | undefined = node.parent; at && at !== home; at = at.parent) if (isFunction(at)) found = at;
  return found;
}
