/**
 * Owns the analysis of one expression: it follows the value of a node up the syntax until the value is
 * finished, named, passed on or dropped.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import { awaited, holds, listOf, memberUse, promiseOf, recordOf, settledOf, shape as shapeOf, startsFlow, type ClientSpecifier, type Shape } from '../clients/index.js';
import type { Call, SourceUnit } from '../graph/index.js';
import { calleeOf, functionOf } from './callee.js';
import type { Effect } from './effect.js';
import { isHidden } from './field.js';
import { parameterOf, promiseOfParameter } from './gift.js';
import { bindPattern, propertyName } from './pattern.js';
import { hasNever } from './presence.js';
import { isLocalAt } from './scope.js';
import { siblingsInArray, siblingsInObject } from './sibling.js';

/** Settings for the analysis of an expression. */
export interface FlowSettings {
  readonly parser: unknown;
  /** The names of functions without source that finish their argument. */
  readonly releasedBy: ReadonlySet<string>;
  /** Further clients. */
  readonly clients: readonly ClientSpecifier[];
}

const FINISHED: readonly Effect[] = [{ kind: 'finished' }];
const HANDED_ON: readonly Effect[] = [{ kind: 'handed on' }];
const LOOKED_AT: readonly Effect[] = [];

const ELEMENT_METHODS: ReadonlySet<string> = new Set(['map', 'forEach', 'filter', 'every', 'some', 'find', 'findLast', 'flatMap']);

/** The effects on the value of `node` in the expression around it. */
export function flowOf(unit: SourceUnit, node: TSESTree.Node, shape: Shape, settings: FlowSettings): readonly Effect[] {
  const effects = new Flow(unit, settings).up(node, shape);
  // A value that only tells about a response, such as `done`, can be passed on without the response.
  return holds(shape) ? effects : effects.filter((effect) => effect.kind === 'bound' || effect.kind === 'finished');
}

class Flow {
  constructor(
    private readonly unit: SourceUnit,
    private readonly settings: FlowSettings,
  ) {}

  up(node: TSESTree.Node, shape: Shape): readonly Effect[] {
    const { parent } = node;
    switch (parent?.type) {
      case 'AwaitExpression':
        return this.up(parent, awaited(shape));
      case 'TSAsExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
      case 'TSTypeAssertion':
      case 'ChainExpression':
        return this.up(parent, shape);
      case 'SequenceExpression':
        return parent.expressions.at(-1) === node ? this.up(parent, shape) : LOOKED_AT;
      case 'ConditionalExpression':
        return parent.test === node ? LOOKED_AT : this.up(parent, shape);
      case 'LogicalExpression':
        return parent.operator === '&&' && parent.left === node ? LOOKED_AT : this.up(parent, shape);
      case 'AssignmentExpression':
        return this.assigned(parent, node, shape);
      case 'VariableDeclarator':
        return this.declared(parent, shape);
      case 'ReturnStatement':
        return [{ kind: 'returned', shape }];
      case 'ArrowFunctionExpression':
        return parent.body === node ? [{ kind: 'returned', shape }] : HANDED_ON;
      case 'ForOfStatement':
        return parent.right === node ? this.iterated(parent, shape) : LOOKED_AT;
      case 'MemberExpression':
        return parent.object === node ? this.member(parent, shape) : LOOKED_AT;
      case 'CallExpression':
      case 'NewExpression':
        return parent.callee === node ? LOOKED_AT : this.argument(parent, node, shape);
      case 'ArrayExpression':
        if (!holds(shape)) return LOOKED_AT;
        return this.up(parent, parent.elements.some((element) => element?.type === 'SpreadElement') ? listOf(shape) : listOf(shape, parent.elements.indexOf(node as TSESTree.Expression), siblingsInArray(this.unit, parent, node)));
      case 'Property': {
        const name = propertyName(parent);
        if (!holds(shape)) return LOOKED_AT;
        if (parent.value !== node || name === null || parent.parent.type !== 'ObjectExpression') return HANDED_ON;
        return this.up(parent.parent, recordOf(shape, name, siblingsInObject(this.unit, parent.parent, parent)));
      }
      case 'SpreadElement':
        // `{ ...record }` and `[...list]` hold the same responses.
        if (shape.kind === 'record' && !shape.promised && parent.parent.type === 'ObjectExpression') return this.up(parent.parent, { ...shape, siblings: null });
        return shape.kind === 'list' && shape.element !== null && !shape.promised && parent.parent.type === 'ArrayExpression' ? this.up(parent.parent, { ...shape, index: null, siblings: null }) : HANDED_ON;
      case 'ExpressionStatement':
      case 'UnaryExpression':
      case 'BinaryExpression':
      case 'TemplateLiteral':
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'SwitchStatement':
      case 'SwitchCase':
      case 'UpdateExpression':
      case 'TSTypeQuery':
      case 'TSTypePredicate':
      case 'TSQualifiedName':
        return LOOKED_AT;
      default:
        // A yield, a throw, an export, an element of JSX: other code has it now.
        return HANDED_ON;
    }
  }

  private assigned(assignment: TSESTree.AssignmentExpression, node: TSESTree.Node, shape: Shape): readonly Effect[] {
    if (assignment.right !== node) return LOOKED_AT;
    if (!/^(=|\?\?=|\|\|=|&&=)$/.test(assignment.operator)) return LOOKED_AT;
    const bound = this.bound(assignment, assignment.left, shape);
    // In `while ((chunk = await body.read()) !== null)`, the assignment has a value too.
    return assignment.parent.type === 'ExpressionStatement' ? bound : [...bound, ...this.up(assignment, shape)];
  }

  private declared(declarator: TSESTree.VariableDeclarator, shape: Shape): readonly Effect[] {
    const { kind, parent } = declarator.parent;
    if (kind === 'using' || kind === 'await using') return FINISHED;
    if (parent.type === 'ExportNamedDeclaration') return HANDED_ON;
    return this.bound(declarator, declarator.id, shape);
  }

  private bound(write: TSESTree.Node, pattern: TSESTree.Node, shape: Shape): readonly Effect[] {
    const { bindings, stored } = bindPattern(this.unit, pattern, shape);
    if (stored && pattern.type === 'MemberExpression' && write.parent?.type === 'ExpressionStatement' && this.hides(pattern, shape)) return [{ kind: 'hidden', field: pattern }];
    if (stored) return HANDED_ON;
    if (bindings.some(({ variable, shape: value }) => holds(value) && !isLocalAt(variable, write))) return HANDED_ON;
    return bindings.length === 0 ? LOOKED_AT : [{ kind: 'bound', write, bindings, maybe: false }];
  }

  private hides(field: TSESTree.MemberExpression, shape: Shape): boolean {
    return !shape.promised && isHidden(field, (use) => this.up(use, shape).length > 0);
  }

  private iterated(loop: TSESTree.ForOfStatement, shape: Shape): readonly Effect[] {
    if (shape.kind !== 'list' || shape.element === null) return FINISHED;
    const declarator = loop.left.type === 'VariableDeclaration' ? loop.left.declarations[0] : null;
    if (declarator === null) return HANDED_ON;
    if (loop.left.type === 'VariableDeclaration' && loop.left.kind.endsWith('using')) return FINISHED;
    const element = loop.await ? awaited(shape.element) : shape.element;
    const { bindings, stored } = bindPattern(this.unit, declarator.id, element);
    return stored || bindings.length === 0 ? HANDED_ON : [{ kind: 'bound', write: declarator, bindings, maybe: true }];
  }

  private member(member: TSESTree.MemberExpression, shape: Shape): readonly Effect[] {
    const name = propertyName(member);
    const { parent } = member;
    const call = parent.type === 'CallExpression' && parent.callee === member ? parent : null;
    if (shape.promised) return this.ofPromise(name, call, shape);
    if (shape.kind === 'list' && shape.element !== null) return this.ofList(member, name, call, shape);
    if (parent.type === 'AssignmentExpression' && parent.left === member) return LOOKED_AT;
    if (name === 'values' || name === 'iterator') return call !== null && keepsOpen(call) ? [{ kind: 'read in part' }] : FINISHED;
    const use = memberUse(shape, name);
    switch (use.kind) {
      case 'look':
        return LOOKED_AT;
      case 'gives':
        return this.up(member, use.shape);
      case 'makes':
        return call === null ? HANDED_ON : this.up(call, use.shape);
      case 'same':
        return call === null ? HANDED_ON : this.up(call, shape);
      case 'listen':
        return call === null ? HANDED_ON : this.listened(call, shape);
      case 'part':
        if (call === null) return HANDED_ON;
        return use.shape === null ? [{ kind: 'read in part' }] : [{ kind: 'read in part' }, ...this.up(call, use.shape).filter((effect) => effect.kind === 'bound' || effect.kind === 'enters')];
      case 'finish':
        // Through a new transform, only the result leads to the body; a transform with a name may be read elsewhere.
        if (call !== null) return name === 'pipeThrough' && call.arguments.at(0)?.type === 'NewExpression' ? this.locked(call, shape) : FINISHED;
        // The method is named but not called; it matters only if other code receives it.
        return this.up(member, shape).length === 0 ? LOOKED_AT : HANDED_ON;
      case 'unknown':
        return call === null && name !== null && shape.kind === 'response' && shape.client === 'fetch' && hasNever(this.unit, member.object, name) ? LOOKED_AT : HANDED_ON;
    }
  }

  private listened(call: TSESTree.CallExpression, shape: Shape): readonly Effect[] {
    const event = call.arguments.at(0);
    if (startsFlow(event?.type === 'Literal' && typeof event.value === 'string' ? event.value : null)) return FINISHED;
    return this.up(call, shape);
  }

  private ofPromise(name: string | null, call: TSESTree.CallExpression | null, shape: Shape): readonly Effect[] {
    if (call === null) return HANDED_ON;
    switch (name) {
      case 'catch':
      case 'finally':
        return this.up(call, shape);
      case 'then': {
        const callback = call.arguments.at(0);
        if (callback === undefined || callback.type === 'Literal') return this.up(call, shape);
        const to = parameterOf(this.unit, callback);
        if (to !== null) return [{ kind: 'given', gift: { to, argument: 0, shape: awaited(shape) }, at: call }];
        const callee = functionOf(this.unit, callback, this.settings.parser);
        return callee === null ? HANDED_ON : [{ kind: 'enters', callee, parameter: 0, shape: awaited(shape), call, as: 'then' }];
      }
      default:
        // got's promise has its own methods.
        return HANDED_ON;
    }
  }

  private ofList(member: TSESTree.MemberExpression, name: string | null, call: TSESTree.CallExpression | null, shape: Shape): readonly Effect[] {
    const element = shape.element!;
    if (name === 'length') return LOOKED_AT;
    if (name === null && member.computed) return this.up(member, element);
    if (call === null || name === null) return HANDED_ON;
    if (name === 'at' || name === 'pop' || name === 'shift') return this.up(call, element);
    if (name === 'push' || name === 'unshift' || name === 'includes' || name === 'indexOf') return LOOKED_AT;
    if (!ELEMENT_METHODS.has(name)) return HANDED_ON;
    const callback = call.arguments.at(0);
    const callee = callback === undefined ? null : functionOf(this.unit, callback, this.settings.parser);
    return callee === null ? HANDED_ON : [{ kind: 'enters', callee, parameter: 0, shape: element, call, as: 'element' }];
  }

  private argument(call: Call, node: TSESTree.Node, shape: Shape): readonly Effect[] {
    const to = parameterOf(this.unit, call.callee);
    if (to !== null) {
      const value = promiseOfParameter(to) === null ? shape : awaited(shape);
      return this.settings.releasedBy.has(to.name) ? FINISHED : [{ kind: 'given', gift: { to, argument: call.arguments.indexOf(node as TSESTree.Expression), shape: value }, at: call }];
    }
    const callee = calleeOf(this.unit, call, this.settings.parser);
    switch (callee.kind) {
      case 'looker':
        return LOOKED_AT;
      case 'wrapper':
        return shape.kind === 'body' || shape.client === 'node' ? this.locked(call, shapeOf('body', callee.client)) : HANDED_ON;
      case 'promise':
        return this.combined(callee.method, call, shape);
      case 'unknown':
        return this.settings.releasedBy.has(callee.name) ? FINISHED : HANDED_ON;
      case 'source': {
        const { ref } = callee;
        const first = ref.node.params.at(0);
        const parameter = call.arguments.indexOf(node as TSESTree.Expression) + (first?.type === 'Identifier' && first.name === 'this' ? 1 : 0);
        if (this.settings.releasedBy.has(callee.ref.node.id?.name ?? '')) return FINISHED;
        if (call.arguments.some((argument) => argument.type === 'SpreadElement')) return HANDED_ON;
        // A generator may run later or never, and a constructor may keep the value in a way that paths do not show.
        if (ref.node.generator) return HANDED_ON;
        return [{ kind: 'enters', callee: ref, parameter, shape, call, as: 'call' }];
      }
    }
  }

  /** The value of a call that locks the body. Even if nothing uses it, the body can't be released as before. */
  private locked(call: Call, shape: Shape): readonly Effect[] {
    const effects = this.up(call, shape);
    return effects.length === 0 ? [{ kind: 'read in part' }] : effects;
  }

  private combined(method: string, call: Call, shape: Shape): readonly Effect[] {
    if (method === 'resolve') return this.up(call, promiseOf(shape));
    if (shape.kind !== 'list' || shape.element === null) return HANDED_ON;
    const { element } = shape;
    switch (method) {
      case 'all':
        return this.up(call, promiseOf({ ...shape, element: awaited(element) }));
      case 'allSettled':
        return this.up(call, promiseOf({ ...shape, element: settledOf(element) }));
      case 'race':
      case 'any':
        return this.up(call, promiseOf(awaited(element)));
      default:
        return HANDED_ON;
    }
  }
}

/** Whether leaving the loop leaves the stream open: `values({ preventCancel: true })`, `iterator({ destroyOnReturn: false })`. */
function keepsOpen(call: TSESTree.CallExpression): boolean {
  const options = call.arguments.at(-1);
  if (options?.type !== 'ObjectExpression') return false;
  return options.properties.some((property) => {
    if (property.type !== 'Property' || property.value.type !== 'Literal') return false;
    const name = propertyName(property);
    return (name === 'preventCancel' && property.value.value === true) || (name === 'destroyOnReturn' && property.value.value === false);
  });
}
