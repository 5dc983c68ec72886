/**
 * Owns what a program itself keeps, and how far it holds what lies behind: the references from its variables, exports,
 * properties of globalThis and calls that wait, and which references from there on count if connections are passed.
 */
import type { HeapObjects } from './heap-objects.js';
import { isBuiltIn, isGlobal, ownerOf } from './script-owner.js';
import type { ModuleVariables } from './module-variables.js';

export const PROGRAM_VOCABULARY: readonly string[] = [
  ...['shared', 'context', 'previous', 'function', 'script', 'script_or_debug_info', 'system / Context', 'children', 'exports', 'globalAgent', 'Agent', '<symbol undici.globalDispatcher.1>'],
  ...['__proto__', '_idleNext', '_idlePrev', 'socket', 'client', 'agent', 'connection', 'parser', '<symbol kSocket>', 'req', 'IncomingMessage', 'ClientRequest', 'bound_function'],
  ...['process', 'Response', 'FetchResponse', 'BodyReadable', 'ReadableStream', 'system / NativeContext', 'system / SourceTextModule', 'system / SyntheticModule', 'system / Cell', 'system / PropertyCell', 'system / ContextCell', 'system / Map'],
];

/** Of a context: whose functions use it. */
const PROGRAM = 1;
const LIBRARY = 2;

export class ProgramEdges {
  /** The references with which the program's own ways begin. */
  readonly starts = new Set<number>();
  /** The clients' own agents, which every program reaches: they count where a variable of the program has them. */
  readonly shared = new Set<number>();
  private readonly ownerOfContext: Uint8Array;
  private readonly scriptOfShared = new Map<number, number>();
  private readonly unnamed: ReadonlySet<number>;
  private readonly ends: ReadonlySet<number>;
  private readonly cells: ReadonlySet<number>;
  private readonly ofConnection: ReadonlySet<number>;

  constructor(
    private readonly objects: HeapObjects,
    private readonly modules: ModuleVariables,
  ) {
    const indices = (...names: readonly string[]): Set<number> => new Set(names.map((name) => objects.nameIndex(name)).filter((index) => index !== -1));
    // The list of timers links all of the process; a prototype says nothing of who holds.
    this.unnamed = indices('__proto__', '_idleNext', '_idlePrev');
    // Whoever has one response has no other that came over the same client, and the engine's parts lead everywhere.
    this.ends = indices('process', 'Response', 'FetchResponse', 'BodyReadable', 'ReadableStream', 'system / NativeContext', 'system / SourceTextModule', 'system / SyntheticModule', 'system / Map');
    this.cells = indices('system / Cell', 'system / PropertyCell', 'system / ContextCell');
    this.ofConnection = indices('socket', '<symbol kSocket>', 'client', 'agent', 'connection', 'parser');
    this.ownerOfContext = new Uint8Array(objects.snapshot.nodeCount);
    this.findOwners();
    this.findStarts();
  }

  /** Whether a way of the program may go on from the node. */
  passes(node: number): boolean {
    const { objects } = this;
    const { snapshot } = objects;
    const name = snapshot.nodeNameIndex(node);
    switch (snapshot.nodeType(node)) {
      case 'object':
        if (this.ends.has(name) || isGlobal(snapshot.nodeName(node))) return false;
        // The variables of a library's module are its own; those of its calls may hold what the program has passed.
        if (this.isContext(node)) return this.ownerOfContext[node] === PROGRAM || this.isContext(objects.property(node, 'previous'));
        if (this.modules.scriptOfExports(node) !== null && this.ownerOfExports(node) !== 'program') return false;
        return objects.property(node, 'children') === -1 || objects.property(node, 'exports') === -1;
      case 'closure':
        // The functions that settle a promise refer to it, and can't give its value out.
        return this.scriptOf(node) !== '' || objects.property(node, 'bound_function') !== -1;
      case 'array':
        return true;
      case 'hidden':
        return !this.ends.has(name);
      case 'object shape':
        return this.cells.has(name);
      default:
        return false;
    }
  }

  /** Whether the reference, from a node that is passed, holds what it leads to. */
  holds(node: number, edge: number): boolean {
    const { objects } = this;
    const { snapshot } = objects;
    const name = snapshot.edgeNameIndex(edge);
    if (!snapshot.isNamed(edge)) return true;
    if (this.unnamed.has(name)) return false;
    // A message that is done still refers to its connection, which serves others by now.
    return !this.ofConnection.has(name) || !this.isClientMessage(node);
  }

  private isClientMessage(node: number): boolean {
    const { objects } = this;
    const name = objects.snapshot.nodeNameIndex(node);
    return name === objects.nameIndex('ClientRequest') || (name === objects.nameIndex('IncomingMessage') && objects.has(node, 'req'));
  }

  private isContext(node: number): boolean {
    const { snapshot } = this.objects;
    return node !== -1 && snapshot.nodeNameIndex(node) === this.objects.nameIndex('system / Context') && snapshot.nodeType(node) === 'object';
  }

  /** The contexts of the functions and of the calls that wait, up to their modules. */
  private findOwners(): void {
    const { objects, ownerOfContext } = this;
    const { snapshot } = objects;
    for (let node = 0; node < snapshot.nodeCount; node++) {
      const type = snapshot.nodeType(node);
      if (type !== 'closure' && (type !== 'object' || objects.property(node, 'function') === -1)) continue;
      const owner = ownerOf(this.scriptOf(type === 'closure' ? node : objects.property(node, 'function'))) === 'program' ? PROGRAM : LIBRARY;
      for (let at = objects.property(node, 'context'); this.isContext(at) && ownerOfContext[at] === 0; at = objects.property(at, 'previous')) ownerOfContext[at] = owner;
    }
  }

  private findStarts(): void {
    const { objects, modules } = this;
    const { snapshot } = objects;
    const [agent, dispatcher] = [objects.nameIndex('globalAgent'), objects.nameIndex('<symbol undici.globalDispatcher.1>')];
    for (let node = 0; node < snapshot.nodeCount; node++) {
      const variables = this.isContext(node) && this.ownerOfContext[node] === PROGRAM;
      const cell = modules.ofCell(node);
      const exported = this.ownerOfExports(node) === 'program';
      const global = snapshot.nodeType(node) === 'object' && isGlobal(snapshot.nodeName(node));
      const suspended = snapshot.nodeType(node) === 'object' && objects.property(node, 'function') !== -1 && objects.property(node, 'context') !== -1 && ownerOf(this.scriptOf(objects.property(node, 'function'))) === 'program';
      for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
        const type = snapshot.edgeType(edge);
        const name = snapshot.edgeNameIndex(edge);
        if (snapshot.isNamed(edge) && (name === dispatcher || (name === agent && objects.property(node, 'Agent') !== -1))) this.shared.add(snapshot.target(edge));
        if (type === 'weak' || type === 'shortcut') continue;
        if (variables ? type === 'context' || type === 'hidden' : cell !== null ? ownerOf(cell.script) === 'program' : (exported && type === 'property') || suspended) this.starts.add(edge);
        else if (global && type === 'property' && !isBuiltIn(snapshot.edgeName(edge))) this.starts.add(edge);
      }
    }
  }

  private ownerOfExports(node: number): 'program' | 'library' | null {
    const script = this.modules.scriptOfExports(node);
    return script === null ? null : ownerOf(script);
  }

  /** The file of a function; '': it is the engine's own. */
  private scriptOf(closure: number): string {
    const { objects } = this;
    const shared = objects.property(closure, 'shared');
    if (shared === -1) return '';
    let script = this.scriptOfShared.get(shared);
    if (script === undefined) this.scriptOfShared.set(shared, (script = Math.max(objects.property(shared, 'script'), objects.property(shared, 'script_or_debug_info'))));
    return script === -1 ? '' : objects.snapshot.nodeName(script);
  }
}
