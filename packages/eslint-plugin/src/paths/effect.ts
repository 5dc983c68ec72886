/** Owns the vocabulary of the analysis: what one use of a value does, and how paths end. */
import type { TSESTree } from '@typescript-eslint/utils';
import type { Shape } from '../clients/index.js';
import type { SourceUnit, Variable } from '../graph/index.js';

export type FunctionNode = TSESTree.ArrowFunctionExpression | TSESTree.FunctionDeclaration | TSESTree.FunctionExpression;

/** A function whose source is at hand. */
export interface FunctionRef {
  readonly unit: SourceUnit;
  readonly node: FunctionNode;
}

export interface Binding {
  readonly variable: Variable;
  readonly shape: Shape;
}

/** What one use of a value does with it. A use without an effect only looks at it. */
export type Effect =
  /** Read to its end, closed, cancelled. */
  | { readonly kind: 'finished' }
  /** Stored, yielded, thrown, handed to code that is not at hand. */
  | { readonly kind: 'handed on' }
  /** It is what the function returns. */
  | { readonly kind: 'returned'; readonly shape: Shape }
  /** The statement `write` gives it, or parts of it, to variables. */
  | { readonly kind: 'bound'; readonly write: TSESTree.Node; readonly bindings: readonly Binding[]; readonly maybe: boolean }
  /** Some of it was read. */
  | { readonly kind: 'read in part' }
  /** It enters a function as a parameter. */
  | {
      readonly kind: 'enters';
      readonly callee: FunctionRef;
      readonly parameter: number;
      readonly shape: Shape;
      readonly call: TSESTree.CallExpression | TSESTree.NewExpression;
      /** `then`: the function must deal with it. `element`: called for each of a list. `call`: the caller still has it. */
      readonly as: 'then' | 'element' | 'call';
    };

/** The end of a path on which the response was still unfinished. */
export interface Exit {
  readonly kind: 'return' | 'throw' | 'end' | 'yield' | 'overwritten' | 'dropped';
  readonly node: TSESTree.Node;
  readonly unit: SourceUnit;
  /** Something was read of it. */
  readonly inPart: boolean;
  /** What still holds it there. */
  readonly holders: readonly Binding[];
  /** The function that throws, where the path enters one. */
  readonly via: { readonly name: string; readonly at: TSESTree.Node; readonly unit: SourceUnit } | null;
}

/** What becomes of a value on all paths. */
export interface Outcome {
  readonly leaks: readonly Exit[];
  /** As what it is returned, on the paths that return it, and from which function. */
  readonly returned: { readonly shape: Shape; readonly from: TSESTree.Node } | null;
  /** A path on which it was finished or handed on ends without a throw. */
  readonly finishedOnReturn: boolean;
  /** On some path it was handed on or returned: closing it at the scope's end would be wrong. */
  readonly handedOn: boolean;
  /** Functions that were entered and only looked at it. */
  readonly onlyLooked: readonly string[];
}
