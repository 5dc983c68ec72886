/** Owns the words for a chain of references: variables, entries, properties, functions; not the engine's tables between them. */
import { OWN_VOCABULARY, type HeapObjects } from './heap-objects.js';
import { SCOPE_VOCABULARY, type ProgramFunction, type ProgramScopes } from './program-scope.js';

export const CHAIN_VOCABULARY: readonly string[] = [...OWN_VOCABULARY, ...SCOPE_VOCABULARY];

/** A longer chain loses its middle. */
const MAX_STEPS = 8;
/** What is shown of a key. */
const MAX_KEY = 60;

export class HolderChain {
  constructor(
    private readonly objects: HeapObjects,
    private readonly scopes: ProgramScopes,
  ) {}

  /** A path of references, from a root, in words, from the first that a reader of the program knows. */
  inWords(path: readonly number[]): string[] {
    const words: string[] = [];
    for (let index = this.startOf(path); index < path.length; index++) {
      const step = this.step(path[index], index === 0 ? '' : this.objects.snapshot.edgeName(path[index - 1]));
      if (step !== null) words.push(step);
    }
    const end = this.classOf(this.objects.snapshot.target(path[path.length - 1]));
    if (words.length > MAX_STEPS) words.splice(MAX_STEPS / 2, words.length - MAX_STEPS, '…');
    // The last step has named it, if it is a variable.
    if (words.at(-1)?.includes(`(${end})`) !== true) words.push(end);
    return words;
  }

  /** The first variable of the program's own files, or else of globalThis, or else of a library's, or else the last steps. */
  private startOf(path: readonly number[]): number {
    const { snapshot } = this.objects;
    const owner = path.map((edge) => this.ownerOf(edge));
    for (const level of ['program', 'global', 'library'] as const) {
      const start = owner.indexOf(level);
      if (start !== -1) return start;
    }
    const first = path.findIndex((edge) => snapshot.nodeType(snapshot.source(edge)) !== 'synthetic');
    return Math.max(first, path.length - MAX_STEPS, 0);
  }

  private ownerOf(edge: number): 'program' | 'global' | 'library' | null {
    const { objects, scopes } = this;
    const { snapshot } = objects;
    const source = snapshot.source(edge);
    const type = snapshot.edgeType(edge);
    if (scopes.isContext(source) && (type === 'context' || (type === 'hidden' && scopes.blockVariable(source, edge) !== null))) return levelOf(scopes.ofContext(source));
    if (isGlobal(snapshot.nodeName(source)) && type === 'property' && snapshot.nodeType(source) === 'object') return isBuiltIn(snapshot.edgeName(edge)) ? null : 'global';
    if (this.isSuspended(source)) return levelOf(scopes.ofFunction(source));
    return null;
  }

  /** @param before the name of the reference that leads to this one */
  private step(edge: number, before: string): string | null {
    const { objects, scopes } = this;
    const { snapshot } = objects;
    const source = snapshot.source(edge);
    const target = snapshot.target(edge);
    const name = snapshot.edgeName(edge);
    if (this.isSuspended(source)) return `${functionName(scopes.ofFunction(source))}, suspended`;
    switch (snapshot.edgeType(edge)) {
      case 'context':
        return `${this.named(name, target)}${where(scopes.ofContext(source))}`;
      case 'hidden':
        if (scopes.isContext(source)) return `${this.named(scopes.blockVariable(source, edge) ?? 'a variable', target)}${where(scopes.ofContext(source))}`;
        return this.whole(target);
      case 'element':
        return `[${name}]`;
      case 'property': {
        if (name === '__proto__') return null;
        if (isGlobal(snapshot.nodeName(source)) && snapshot.nodeType(source) === 'object') return this.named(`globalThis.${name}`, target);
        if (name === '_events') return null;
        if (before === '_events') return `a listener for '${name}'`;
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
    if (snapshot.nodeType(node) === 'closure') return `function ${functionName(this.scopes.ofFunction(node))}`;
    const name = snapshot.nodeName(node);
    if (name === 'Timeout' || name === 'Immediate') return `a timer (${name})`;
    return name === 'Promise' && snapshot.nodeType(node) === 'object' ? 'a Promise' : null;
  }

  /** A call that waits: of an async function or a generator, but not a module's code, whose variables say more. */
  private isSuspended(node: number): boolean {
    const { snapshot } = this.objects;
    if (snapshot.nodeType(node) === 'closure' || this.objects.property(node, 'function') === -1 || this.objects.property(node, 'context') === -1) return false;
    const place = this.scopes.ofFunction(node)?.place;
    return !(place?.line === 1 && place.column === 1);
  }

  private named(name: string, target: number): string {
    return `${name} (${this.classOf(target)})`;
  }

  private classOf(node: number): string {
    const { snapshot } = this.objects;
    return snapshot.nodeType(node) === 'closure' ? 'function' : snapshot.nodeName(node).replace(/^_(?=[A-Z])/, '');
  }
}

function levelOf(scope: ProgramFunction | null): 'program' | 'library' | null {
  if (scope === null || scope.script === '' || scope.script.startsWith('node:')) return null;
  return /[/\\]node_modules[/\\]/.test(scope.script) ? 'library' : 'program';
}

function isGlobal(name: string): boolean {
  return /^(?:global\b|Object \/ $|Window\b)/.test(name);
}

/** What Node or the language puts on globalThis: a program's own is found behind its variables. */
function isBuiltIn(name: string): boolean {
  return name in globalThis || name.startsWith('<symbol');
}

function functionName(scope: ProgramFunction | null): string {
  if (scope === null) return '(anonymous)';
  const { line } = scope.place ?? {};
  return `${scope.name === '' ? '(anonymous)' : scope.name}${scope.script === '' ? '' : ` (${shownScript(scope.script)}${line === undefined ? '' : `:${line}`})`}`;
}

function where(scope: ProgramFunction | null): string {
  if (scope === null) return '';
  if (scope.name === '') return scope.script === '' ? '' : ` in module ${shownScript(scope.script)}`;
  return ` in ${functionName(scope)}`;
}

/** The path of a script, without the scheme of a file's URL. */
function shownScript(script: string): string {
  return script.replace(/^file:\/\/(?=\/)/, '').replace(/[?#].*$/s, '');
}
