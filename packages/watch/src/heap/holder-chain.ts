/** Owns the words for a chain of references: variables, entries, properties, functions; not the engine's tables between them. */
import { OWN_VOCABULARY, type HeapObjects } from './heap-objects.js';
import { MODULE_VOCABULARY, type ModuleVariables } from './module-variables.js';
import { SCOPE_VOCABULARY, type ProgramFunction, type ProgramScopes } from './program-scope.js';
import { ScriptNames } from './script-names.js';
import { isBuiltIn, isGlobal, ownerOf } from './script-owner.js';

export const CHAIN_VOCABULARY: readonly string[] = [...OWN_VOCABULARY, ...SCOPE_VOCABULARY, ...MODULE_VOCABULARY];

/** A longer chain loses its middle. */
const MAX_STEPS = 8;
/** What is shown of a key. */
const MAX_KEY = 60;

/** What a reference is to a reader of the program: from where it can be found, the best first. */
type Level = 'program' | 'global' | 'closure' | 'library';
const LEVELS: readonly Level[] = ['program', 'global', 'closure', 'library'];

export class HolderChain {
  private readonly names: ScriptNames;

  constructor(
    private readonly objects: HeapObjects,
    private readonly scopes: ProgramScopes,
    private readonly modules: ModuleVariables,
  ) {
    this.names = ScriptNames.of(objects.snapshot);
  }

  /** A path of references, from a root, in words, from the first that a reader of the program knows. */
  inWords(path: readonly number[]): string[] {
    const words: string[] = [];
    for (let index = this.startOf(path); index < path.length; index++) {
      const step = this.step(path[index], index === 0 ? '' : this.objects.snapshot.edgeName(path[index - 1]));
      // What is taken from `module.exports` says so itself.
      if (step?.startsWith('exports.') === true && words.at(-1)?.startsWith('module.exports ') === true) words.pop();
      if (step !== null) words.push(step);
    }
    const end = this.classOf(this.objects.snapshot.target(path[path.length - 1]));
    if (words.length > MAX_STEPS) words.splice(MAX_STEPS / 2, words.length - MAX_STEPS, '…');
    // The last step has named it, if it is a variable.
    if (words.at(-1)?.includes(`(${end})`) !== true) words.push(end);
    return words;
  }

  /**
   * The last variable of a module of the program, or call of it that waits: what comes before only leads to the module.
   * Or else the first of globalThis, of a function that only the runtime keeps, of a library; or else the last steps.
   */
  private startOf(path: readonly number[]): number {
    const { snapshot } = this.objects;
    const levels = path.map((edge) => this.levelOf(edge));
    for (const level of LEVELS) {
      const start = level === 'program' ? levels.lastIndexOf(level) : levels.indexOf(level);
      if (start !== -1) return start;
    }
    const first = path.findIndex((edge) => snapshot.nodeType(snapshot.source(edge)) !== 'synthetic');
    return Math.max(first, path.length - MAX_STEPS, 0);
  }

  private levelOf(edge: number): Level | null {
    const { objects, scopes, modules } = this;
    const { snapshot } = objects;
    const source = snapshot.source(edge);
    const target = snapshot.target(edge);
    const type = snapshot.edgeType(edge);
    const script = modules.ofCell(source)?.script ?? (type === 'property' ? modules.scriptOfExports(source) : null) ?? modules.scriptOfExports(target);
    if (script !== null) return ownerOf(script);
    if (scopes.isContext(source) && (type === 'context' || (type === 'hidden' && scopes.blockVariable(source, edge) !== null))) {
      const scope = scopes.ofContext(source);
      const owner = ownerOf(scope?.script ?? '');
      return owner === 'program' && scope?.isModule !== true ? 'closure' : owner;
    }
    if (isGlobal(snapshot.nodeName(source)) && type === 'property' && snapshot.nodeType(source) === 'object') return isBuiltIn(snapshot.edgeName(edge)) ? null : 'global';
    if (this.isSuspended(source)) return ownerOf(scopes.ofFunction(source)?.script ?? '');
    if (snapshot.nodeType(target) === 'closure') return ownerOf(scopes.ofFunction(target)?.script ?? '') === 'program' ? 'closure' : null;
    return null;
  }

  /** @param before the name of the reference that leads to this one */
  private step(edge: number, before: string): string | null {
    const { objects, scopes } = this;
    const { snapshot } = objects;
    const source = snapshot.source(edge);
    const target = snapshot.target(edge);
    const name = snapshot.edgeName(edge);
    if (this.isSuspended(source)) return `${this.functionName(scopes.ofFunction(source))}, suspended`;
    const exported = this.exported(edge);
    if (exported !== null) return exported;
    switch (snapshot.edgeType(edge)) {
      case 'context':
        return this.variable(name, edge);
      case 'hidden':
        if (scopes.isContext(source)) return this.variable(scopes.blockVariable(source, edge) ?? 'a variable', edge);
        return this.whole(target);
      case 'element':
        return `[${name}]`;
      case 'property': {
        if (name === '__proto__') return null;
        if (isGlobal(snapshot.nodeName(source)) && snapshot.nodeType(source) === 'object') return this.named(`globalThis.${name}`, target);
        if (name === '_events') return null;
        if (before === '_events') return `a listener for '${name}'${this.place(target)}`;
        if (name === '_onTimeout' || name === '_onImmediate') return `${this.whole(target) ?? 'a function'}, a timer's callback`;
        if (name === '_idleNext' || name === '_idlePrev') return null;
        if (name.startsWith('<symbol')) return this.whole(target);
        return this.named(name.startsWith('#') ? name : `.${name}`, target);
      }
      case 'internal':
        if (before === 'table') return this.entry(source, Number(name));
        if (/^\d+ \/ part of key \(/.test(name)) return 'its value in a WeakMap';
        return this.whole(target);
      default:
        return this.whole(target);
    }
  }

  /** What a Map or a Set has at a place of its table: a key, its value, and a number, for each entry. */
  private entry(table: number, at: number): string {
    const { snapshot } = this.objects;
    let key = -1;
    let value = -1;
    for (let edge = snapshot.firstEdge(table); edge < snapshot.endEdge(table); edge++) {
      const name = snapshot.edgeName(edge);
      if (name === String(at - 1)) key = snapshot.target(edge);
      else if (name === String(at + 1)) value = snapshot.target(edge);
    }
    const text = this.objects.text(key);
    if (text !== null) return `entry '${text.length > MAX_KEY ? `${text.slice(0, MAX_KEY)}…` : text}'`;
    const number = key === -1 ? null : this.objects.numberOf(key, 'value');
    return key === -1 && value !== -1 ? 'a key' : number === null ? 'an entry' : `entry ${number}`;
  }

  /** A node that is worth a step of its own: a function, a timer, a promise. */
  private whole(node: number): string | null {
    const { snapshot } = this.objects;
    if (snapshot.nodeType(node) === 'closure') return `function ${this.functionName(this.scopes.ofFunction(node))}`;
    const name = snapshot.nodeName(node);
    if (name === 'Timeout' || name === 'Immediate') return `a timer (${name})`;
    return name === 'Promise' && snapshot.nodeType(node) === 'object' ? 'a Promise' : null;
  }

  /** A call that waits: of an async function or a generator, but not a module's code, whose variables say more. */
  private isSuspended(node: number): boolean {
    const { snapshot } = this.objects;
    if (snapshot.nodeType(node) === 'closure' || this.objects.property(node, 'function') === -1 || this.objects.property(node, 'context') === -1) return false;
    return this.scopes.ofFunction(node)?.isModule !== true;
  }

  /** A variable that a module exports. */
  private exported(edge: number): string | null {
    const { snapshot } = this.objects;
    const [source, target] = [snapshot.source(edge), snapshot.target(edge)];
    const cell = this.modules.ofCell(source);
    if (cell !== null) return `${this.named(cell.name, target)}${this.inModule(cell.script)}`;
    const type = snapshot.edgeType(edge);
    const name = snapshot.edgeName(edge);
    const script = type === 'property' && !name.startsWith('<symbol') && name !== '__proto__' ? this.modules.scriptOfExports(source) : null;
    if (script !== null) return `${this.named(`exports.${name}`, target)}${this.inModule(script)}`;
    const ofModule = this.modules.scriptOfExports(target);
    return ofModule === null ? null : `${this.named('module.exports', target)}${this.inModule(ofModule)}`;
  }

  /** A variable of a module, or of a function, which is known by those that use it. */
  private variable(name: string, edge: number): string {
    const { snapshot } = this.objects;
    const scope = this.scopes.ofContext(snapshot.source(edge));
    const named = this.named(name, snapshot.target(edge));
    if (scope?.isModule === true) return `${named}${this.inModule(scope.script)}`;
    return `variable ${named}${scope === null || scope.name === '' ? '' : ` in ${this.functionName(scope)}`}`.replace('variable a variable', 'a variable');
  }

  private inModule(script: string): string {
    return script === '' ? '' : ` in module ${this.names.shown(script)}`;
  }

  private functionName(scope: ProgramFunction | null): string {
    return `${scope === null || scope.name === '' ? '(anonymous)' : scope.name}${this.lineOf(scope)}`;
  }

  private lineOf(scope: ProgramFunction | null): string {
    if (scope === null || scope.script === '') return '';
    return ` (${this.names.shown(scope.script)}${scope.place === null ? '' : `:${scope.place.line}`})`;
  }

  private place(node: number): string {
    return this.objects.snapshot.nodeType(node) === 'closure' ? this.lineOf(this.scopes.ofFunction(node)) : '';
  }

  private named(name: string, target: number): string {
    return `${name} (${this.classOf(target)})`;
  }

  private classOf(node: number): string {
    const { snapshot } = this.objects;
    return snapshot.nodeType(node) === 'closure' ? 'function' : snapshot.nodeName(node).replace(/^_(?=[A-Z])/, '');
  }
}
