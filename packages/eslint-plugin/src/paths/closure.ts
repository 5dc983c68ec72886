/**
 * Owns what a nested function does with a variable of the function around it. When it runs is not
 * known, so one use that finishes the value, or lets it out, counts for all its paths.
 */
import { TSESLint, type TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';
import type { Effect, FunctionNode } from './effect.js';
import { contains, isExported, isFunction, namedAs } from './scope.js';

const { DefinitionType } = TSESLint.Scope;

/** What the closures of one unit do. `effectsOf` reads one use; a helper that only looks must give none. */
export class Closures {
  /** Where functions are named. */
  private uses: { identifier: TSESTree.Node; named: FunctionNode }[] | null = null;
  private readonly known = new Map<TSESTree.Node, Map<Variable, boolean>>();

  constructor(
    private readonly unit: SourceUnit,
    private readonly effectsOf: (node: TSESTree.Node, shape: Shape) => readonly Effect[],
  ) {}

  /** Does the function, or one that it names or contains, do more with the variable than look? */
  touches(fn: TSESTree.Node, variable: Variable, shape: Shape): boolean {
    // The variable's own function, called again, has a variable of its own.
    if (contains(fn, variable.scope.block)) return false;
    let byVariable = this.known.get(fn);
    if (byVariable === undefined) this.known.set(fn, (byVariable = new Map<Variable, boolean>()));
    const known = byVariable.get(variable);
    if (known !== undefined) return known;
    byVariable.set(variable, false); // while it is being found out: functions that name each other
    const result =
      variable.references.some(({ identifier }) => contains(fn, identifier) && this.unit.reads.has(identifier) && this.effectsOf(identifier, shape).length > 0) ||
      [...this.namedIn(fn)].some((other) => other !== fn && this.touches(other, variable, shape));
    byVariable.set(variable, result);
    return result;
  }

  /** The local function that an identifier names. */
  named(identifier: TSESTree.Node): FunctionNode | null {
    const variable = this.unit.variables.get(identifier);
    const [found] = variable?.defs ?? [];
    // A parameter's definition names its function, too.
    if (found === undefined || (found.type !== DefinitionType.FunctionName && found.type !== DefinitionType.Variable)) return null;
    const definition = found.node;
    if (definition.type === 'FunctionDeclaration') return definition;
    if (definition.type === 'VariableDeclarator' && definition.init && isFunction(definition.init)) return definition.init;
    return null;
  }

  /**
   * Was the variable given away before it got its value: to a closure made earlier that finishes
   * it, or to a named function that has been handed to somebody?
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

/** The outermost function around the node that is still inside the variable's own. */
function outermostWithin(node: TSESTree.Node, variable: Variable): TSESTree.Node | null {
  const home = variable.scope.variableScope.block;
  let found: TSESTree.Node | null = null;
  for (let at: TSESTree.Node | null | undefined = node.parent; at && at !== home; at = at.parent) if (isFunction(at)) found = at;
  return found;
}
