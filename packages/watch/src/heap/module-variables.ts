/** Owns what modules export: the cells of ES modules, which lie in no scope, and the `module.exports` of CommonJS ones. */
import type { HeapObjects } from './heap-objects.js';

export const MODULE_VOCABULARY: readonly string[] = ['system / SourceTextModule', 'Generator', 'function', 'shared', 'script', 'script_or_debug_info', 'exports', 'children', 'filename', 'id'];

export interface ExportedVariable {
  readonly name: string;
  /** Path or URL of the module's file. */
  readonly script: string;
}

export class ModuleVariables {
  private readonly cells = new Map<number, ExportedVariable>();
  private readonly exportsOf = new Map<number, string>();

  constructor(private readonly objects: HeapObjects) {
    const { snapshot } = objects;
    const esModule = objects.nameIndex('system / SourceTextModule');
    for (let node = 0; node < snapshot.nodeCount; node++) {
      if (snapshot.nodeNameIndex(node) === esModule && snapshot.nodeType(node) === 'hidden') this.addCells(node);
    }
    for (const node of objects.owners('exports')) {
      const exported = objects.property(node, 'exports');
      if (objects.property(node, 'children') === -1 || exported === -1 || this.exportsOf.has(exported)) continue;
      const script = objects.textOf(node, 'filename') ?? objects.textOf(node, 'id');
      const type = snapshot.nodeType(exported);
      if (script !== null && (type === 'object' || type === 'closure')) this.exportsOf.set(exported, script);
    }
  }

  /** The variable whose value the cell has; null: it is no exported variable of a module. */
  ofCell(node: number): ExportedVariable | null {
    return this.cells.get(node) ?? null;
  }

  /** The file of the CommonJS module whose `module.exports` the object is; null: of none. */
  scriptOfExports(node: number): string | null {
    return this.exportsOf.get(node) ?? null;
  }

  /**
   * A module has a table of its exports, by name, and next to its code, as V8 lays it out, the cells of its own: a cell
   * is also in the tables of modules that export it again, and in the lists of those that import it.
   */
  private addCells(module: number): void {
    const { objects } = this;
    const { snapshot } = objects;
    let code = -1;
    const parts = new Map<number, number>();
    for (let edge = snapshot.firstEdge(module); edge < snapshot.endEdge(module); edge++) {
      if (snapshot.edgeType(edge) !== 'hidden') continue;
      const at = snapshot.edgeNameIndex(edge);
      parts.set(at, snapshot.target(edge));
      if (snapshot.nodeNameIndex(snapshot.target(edge)) === objects.nameIndex('Generator')) code = at;
    }
    const shared = objects.path(parts.get(code) ?? -1, 'function', 'shared');
    const scriptNode = Math.max(objects.property(shared, 'script'), objects.property(shared, 'script_or_debug_info'));
    if (scriptNode === -1) return;
    const own = new Set(this.entries(parts.get(code + 1) ?? -1).values());
    for (const part of parts.values()) {
      const entries = this.entries(part);
      for (const [at, cell] of entries) {
        const name = entries.get(at - 1) ?? -1;
        if (own.has(cell) && name !== -1 && snapshot.nodeType(name) === 'string') this.cells.set(cell, { name: snapshot.nodeName(name), script: snapshot.nodeName(scriptNode) });
      }
    }
  }

  /** What an array of the engine has, by its place. */
  private entries(array: number): Map<number, number> {
    const { snapshot } = this.objects;
    const found = new Map<number, number>();
    if (array === -1 || snapshot.nodeType(array) !== 'array') return found;
    for (let edge = snapshot.firstEdge(array); edge < snapshot.endEdge(array); edge++) {
      if (snapshot.edgeType(edge) === 'internal' && /^\d+$/.test(snapshot.edgeName(edge))) found.set(Number(snapshot.edgeName(edge)), snapshot.target(edge));
    }
    return found;
  }
}
