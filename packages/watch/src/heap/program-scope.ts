/** Owns which function and which module a variable belongs to. */
import type { HeapObjects } from './heap-objects.js';
import type { Place } from './snapshot.js';

export const SCOPE_VOCABULARY: readonly string[] = ['scope_info', 'previous', 'name_or_scope_info', 'script', 'script_or_debug_info', 'shared', 'context', 'system / Context', 'system / NativeContext', 'system / ScopeInfo', 'function'];

/** A function as the program has it. */
export interface ProgramFunction {
  readonly name: string;
  /** Whether it is a module's own code. */
  readonly isModule: boolean;
  /** Path or URL of its file; '' if it is not known. */
  readonly script: string;
  readonly place: Place | null;
}

/** The scopes that some paths run through; all are looked up in one pass over the snapshot. */
export class ProgramScopes {
  private readonly functionOf = new Map<number, number>();
  private readonly places: ReadonlyMap<number, Place>;
  private readonly closureOf = new Map<number, number>();
  private readonly userOf = new Map<number, number>();

  /** @param nodes what the paths run through: contexts and functions among them */
  constructor(
    private readonly objects: HeapObjects,
    nodes: Iterable<number>,
  ) {
    const { snapshot } = objects;
    const scopeInfos = new Set<number>();
    const closures = new Set<number>();
    const contexts = new Set<number>();
    for (const node of nodes) {
      for (let at = node, depth = 0; this.isContext(at) && depth < 50; at = objects.property(at, 'previous'), depth++) {
        const info = objects.property(at, 'scope_info');
        if (info !== -1) scopeInfos.add(info);
        contexts.add(at);
      }
      closures.add(node);
    }
    const nameOrScope = objects.nameIndex('name_or_scope_info');
    const shared = objects.nameIndex('shared');
    for (let node = 0; node < snapshot.nodeCount; node++) {
      if (snapshot.nodeType(node) !== 'code') continue;
      for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
        if (snapshot.edgeNameIndex(edge) === nameOrScope && snapshot.isNamed(edge) && scopeInfos.has(snapshot.target(edge))) this.functionOf.set(snapshot.target(edge), node);
      }
    }
    // Only functions have a place; one of those that were made of the shared part is as good as another.
    const sharedParts = new Set(this.functionOf.values());
    for (let node = 0; node < snapshot.nodeCount; node++) {
      if (snapshot.nodeType(node) !== 'closure') continue;
      for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
        if (contexts.has(snapshot.target(edge))) this.userOf.set(snapshot.target(edge), node);
        if (snapshot.edgeNameIndex(edge) !== shared || !snapshot.isNamed(edge) || !sharedParts.has(snapshot.target(edge))) continue;
        this.closureOf.set(snapshot.target(edge), node);
        closures.add(node);
      }
    }
    this.places = snapshot.placesOf(closures);
  }

  isContext(node: number): boolean {
    return node !== -1 && this.objects.snapshot.nodeType(node) === 'object' && this.objects.snapshot.nodeNameIndex(node) === this.objects.nameIndex('system / Context');
  }

  /** The function whose variables the context has; that of the enclosing one for a block's. null: not known. */
  ofContext(context: number): ProgramFunction | null {
    const { objects } = this;
    for (let at = context, depth = 0; this.isContext(at) && depth < 50; at = objects.property(at, 'previous'), depth++) {
      const outermost = !this.isContext(objects.property(at, 'previous'));
      const shared = this.functionOf.get(objects.property(at, 'scope_info'));
      const place = shared === undefined ? null : (this.places.get(this.closureOf.get(shared) ?? -1) ?? null);
      if (shared !== undefined) {
        const described = this.described(shared);
        // Only a module's code begins where its file does, and has no name.
        const isModule = outermost && described.name === '' && (place === null || isStart(place));
        return { ...described, isModule, place: isModule ? null : place };
      }
      // V8 names the variables of functions, not those of blocks. What the function was has been collected, as it is for
      // the code of a CommonJS module as soon as that has run; the functions within know the file.
      if (outermost || this.hasNames(at)) return { name: '', script: this.scriptOfUser(at), isModule: outermost, place: null };
    }
    return null;
  }

  /** A function, or what is suspended in one: a generator, an async function. */
  ofFunction(node: number): ProgramFunction | null {
    const { objects } = this;
    const closure = objects.snapshot.nodeType(node) === 'closure' ? node : objects.property(node, 'function');
    const shared = objects.property(closure, 'shared');
    if (shared === -1) return null;
    const place = this.places.get(node) ?? this.places.get(closure) ?? null;
    return { ...this.described(shared), name: objects.snapshot.nodeName(closure), isModule: place !== null && isStart(place), place };
  }

  /** The variable's name in a block, whose variables V8 does not name itself; null: it can't be told. */
  blockVariable(context: number, edge: number): string | null {
    const { objects } = this;
    const { snapshot } = objects;
    const slots: number[] = [];
    for (let each = snapshot.firstEdge(context); each < snapshot.endEdge(context); each++) if (snapshot.edgeType(each) === 'hidden') slots.push(each);
    const info = objects.property(context, 'scope_info');
    if (info === -1) return null;
    const names: string[] = [];
    for (let each = snapshot.firstEdge(info); each < snapshot.endEdge(info); each++) {
      if (!snapshot.isNamed(each) && snapshot.nodeType(snapshot.target(each)) === 'string') names.push(snapshot.nodeName(snapshot.target(each)));
    }
    // Numbers are left out of the references: then the places of the others can't be told.
    return names.length === slots.length ? (names[slots.indexOf(edge)] ?? null) : null;
  }

  private hasNames(context: number): boolean {
    const { snapshot } = this.objects;
    for (let edge = snapshot.firstEdge(context); edge < snapshot.endEdge(context); edge++) if (snapshot.edgeType(edge) === 'context') return true;
    return false;
  }

  /** The file of a function that uses the context. */
  private scriptOfUser(context: number): string {
    const { objects } = this;
    const shared = objects.property(this.userOf.get(context) ?? -1, 'shared');
    return shared === -1 ? '' : this.described(shared).script;
  }

  private described(shared: number): { name: string; script: string } {
    const { objects } = this;
    const script = objects.property(shared, 'script');
    const node = script === -1 ? objects.property(shared, 'script_or_debug_info') : script;
    const name = objects.snapshot.nodeName(shared);
    return { name: name === '(shared function info)' ? '' : name, script: node === -1 ? '' : objects.snapshot.nodeName(node) };
  }
}

function isStart({ line, column }: Place): boolean {
  return line === 1 && column === 1;
}
