/** Owns the data types of the analysis: the effects of one use of a value, and the ends of paths. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { CodeGraph, SourceUnit, Variable } from '../graph/index.js';

export type FunctionNode = TSESTree.ArrowFunctionExpression | TSESTree.FunctionDeclaration | TSESTree.FunctionExpression;

/** A function with known source. */
export interface FunctionRef {
  readonly unit: SourceUnit;
  readonly node: FunctionNode;
}

export interface Binding {
  readonly variable: Variable;
  readonly shape: Shape;
}

/** A value that a function passes to one of its parameters, which is a function of its caller or settles a promise. */
export interface Gift {
  /** The parameter. */
  readonly to: Variable;
  /** The number of the argument. */
  readonly argument: number;
  readonly shape: Shape;
}

/** The effect of one use of a value. A use without an effect only reads it. */
export type Effect =
  /** It was read to its end, closed or cancelled. */
  | { readonly kind: 'finished' }
  /** It was stored, yielded, thrown, or passed to code without known source. */
  | { readonly kind: 'handed on' }
  /** The function returns it. */
  | { readonly kind: 'returned'; readonly shape: Shape }
  /** The statement `write` assigns it, or parts of it, to variables. */
  | { readonly kind: 'bound'; readonly write: TSESTree.Node; readonly bindings: readonly Binding[]; readonly maybe: boolean }
  /** It is passed to a function that is a parameter: `resolve(res)`, `callback(null, res)`. */
  | { readonly kind: 'given'; readonly gift: Gift; readonly at: TSESTree.Node }
  /** It is kept in a private field that nothing in its class reads. */
  | { readonly kind: 'hidden'; readonly field: TSESTree.MemberExpression }
  /** Some of it was read. */
  | { readonly kind: 'read in part' }
  /** It is passed to a function as a parameter. */
  | {
      readonly kind: 'enters';
      readonly callee: FunctionRef;
      readonly parameter: number;
      readonly shape: Shape;
      readonly call: TSESTree.CallExpression | TSESTree.NewExpression;
      /** `then`: the function must finish it. `element`: called for each element of a list. `call`: the caller still holds it. */
      readonly as: 'then' | 'element' | 'call';
    };

/** The end of a path on which the response is unfinished. */
export interface Exit {
  readonly kind: 'return' | 'throw' | 'end' | 'yield' | 'overwritten' | 'dropped' | 'hidden';
  readonly node: TSESTree.Node;
  readonly unit: SourceUnit;
  /** The code path that it leaves. */
  readonly graph: CodeGraph | null;
  /** A part of it was read. */
  readonly inPart: boolean;
  /** The variables that still hold it there. */
  readonly holders: readonly Binding[];
  /** The called function that throws, if the path enters one. */
  readonly via: { readonly name: string; readonly at: TSESTree.Node; readonly unit: SourceUnit } | null;
}

/** The result for a value over all paths. */
export interface Outcome {
  readonly leaks: readonly Exit[];
  /** The shape in which it is returned, on the paths that return it, and the returning function. */
  readonly returned: { readonly shape: Shape; readonly from: TSESTree.Node } | null;
  /** What was passed on by calls of parameters, on the paths that do so. */
  readonly given: readonly Gift[];
  /** This function, or one that it gave it to, finished it on some path. */
  readonly isReadHere: boolean;
  /** Who receives it on a path on which it was finished before: parameters; null for the caller. Known only if paths were followed to the end. */
  readonly passedOnRead: readonly (Variable | null)[];
  /** A path on which it was finished or passed on ends without a throw. */
  readonly finishedOnReturn: boolean;
  /** On some path it was passed on or returned, so that closing it at the end of the scope would be wrong. */
  readonly handedOn: boolean;
  /** The called functions that only read it. */
  readonly onlyLooked: readonly string[];
}
