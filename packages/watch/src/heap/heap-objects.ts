/** Owns how objects of the program are read in a snapshot: properties by name, and values as far as V8 writes them down. */
import type { Snapshot } from './snapshot.js';

/** A concatenated string may be a tree as deep as a program likes. */
const MAX_PIECES = 1000;
/** Longer texts are of no use here. */
const MAX_TEXT = 10_000;

/**
 * The objects of a snapshot. V8 writes numbers only where it is told to (`exposeNumericValues`), and of a string that is
 * a part of another only the other: what can't be known is null.
 */
export class HeapObjects {
  private readonly names = new Map<string, number>();

  /** @param vocabulary the names that will be asked for */
  constructor(
    readonly snapshot: Snapshot,
    vocabulary: Iterable<string>,
  ) {
    const texts = new Set(vocabulary);
    const found = snapshot.strings.find(texts);
    for (const text of texts) this.names.set(text, found.get(text) ?? -1);
  }

  /** The number of a name; -1: nothing in the snapshot has it. */
  nameIndex(name: string): number {
    const index = this.names.get(name);
    if (index === undefined) throw new Error(`the name ${name} is not in the vocabulary`);
    return index;
  }

  /** The node that the object's property, variable or internal field of that name refers to; -1: there is none. */
  property(node: number, name: string): number {
    const index = this.nameIndex(name);
    if (node === -1 || index === -1) return -1;
    const { snapshot } = this;
    for (let edge = snapshot.firstEdge(node); edge < snapshot.endEdge(node); edge++) {
      if (snapshot.edgeNameIndex(edge) === index && snapshot.isNamed(edge)) return snapshot.target(edge);
    }
    return -1;
  }

  /** `property(property(node, a), b)` and so on. */
  path(node: number, ...names: readonly string[]): number {
    return names.reduce((at, name) => this.property(at, name), node);
  }

  /** The objects of a class, its prototype among them. */
  instances(className: string): number[] {
    const index = this.nameIndex(className);
    const found: number[] = [];
    if (index === -1) return found;
    const { snapshot } = this;
    for (let node = 0; node < snapshot.nodeCount; node++) {
      if (snapshot.nodeNameIndex(node) === index && snapshot.nodeType(node) === 'object') found.push(node);
    }
    return found;
  }

  /** The objects that have a property of that name. */
  owners(name: string): number[] {
    const index = this.nameIndex(name);
    const found: number[] = [];
    if (index === -1) return found;
    const { snapshot } = this;
    for (let node = 0; node < snapshot.nodeCount; node++) {
      for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
        if (snapshot.edgeNameIndex(edge) !== index || snapshot.edgeType(edge) !== 'property') continue;
        if (snapshot.nodeType(node) === 'object') found.push(node);
        break;
      }
    }
    return found;
  }

  /** The elements of an array, in order, as far as they are objects or strings. */
  elements(node: number): number[] {
    const found: [number, number][] = [];
    if (node === -1) return [];
    const { snapshot } = this;
    for (let edge = snapshot.firstEdge(node); edge < snapshot.endEdge(node); edge++) {
      if (snapshot.edgeType(edge) === 'element') found.push([snapshot.edgeNameIndex(edge), snapshot.target(edge)]);
    }
    return found.sort(([a], [b]) => a - b).map(([, target]) => target);
  }

  /** The text of a string; null if it is no string, or is not known. */
  text(node: number): string | null {
    if (node === -1) return null;
    const { snapshot } = this;
    let text = '';
    const pieces = [node];
    for (let count = 0; pieces.length > 0; count++) {
      const piece = pieces.pop()!;
      const type = snapshot.nodeType(piece);
      if (count > MAX_PIECES || text.length > MAX_TEXT) return text;
      if (type === 'string') text += snapshot.nodeName(piece);
      else if (type !== 'concatenated string') return null;
      else for (const name of ['second', 'first']) {
        const half = this.property(piece, name);
        if (half !== -1) pieces.push(half);
      }
    }
    return text;
  }

  /** The text of the string that this one, or its beginning, is a part of; null: it is no part of another. */
  wholeOf(node: number): string | null {
    const { snapshot } = this;
    for (let at = node, steps = 0; at !== -1 && steps < MAX_PIECES; steps++) {
      const type = snapshot.nodeType(at);
      if (type === 'sliced string') return this.text(this.property(at, 'parent'));
      if (type !== 'concatenated string') return null;
      // What the URL parser has concatenated begins with a short text that is known: `http:` and `//`.
      const first = this.property(at, 'first');
      at = this.text(first) === null ? first : this.property(at, 'second');
    }
    return null;
  }

  /** The text of a property. */
  textOf(node: number, name: string): string | null {
    return this.text(this.property(node, name));
  }

  /** Whether the property is `true`. */
  isTrue(node: number, name: string): boolean {
    return this.constant(this.property(node, name)) === 'true';
  }

  /** Whether the property refers to something else than a constant of the language. */
  has(node: number, name: string): boolean {
    const target = this.property(node, name);
    return target !== -1 && this.constant(target) === null;
  }

  /** `true`, `false`, `null`, `undefined`, a hole of an array; null for everything else. */
  constant(node: number): string | null {
    if (node === -1) return 'undefined';
    const { snapshot } = this;
    if (snapshot.nodeType(node) !== 'hidden') return null;
    const name = snapshot.nodeName(node);
    // Newer engines name the constant, older ones write its text as the first field.
    if (name === 'true' || name === 'false' || name === 'null' || name === 'undefined') return name;
    if (name === 'system / Hole') return 'hole';
    if (name !== 'system / Oddball') return null;
    for (let edge = snapshot.firstEdge(node); edge < snapshot.endEdge(node); edge++) {
      const target = snapshot.target(edge);
      if (snapshot.nodeType(target) === 'string' && snapshot.edgeType(edge) !== 'property') return snapshot.nodeName(target);
    }
    return 'hole';
  }

  /** The number that a property has; null if the snapshot has no numbers. */
  numberOf(node: number, name: string): number | null {
    const target = this.property(node, name);
    if (target === -1 || this.snapshot.nodeType(target) !== 'number') return null;
    const text = this.textOf(target, 'value');
    const number = Number(text ?? NaN);
    return text === null || text === '' || !Number.isFinite(number) ? null : number;
  }

  /** The nearest node to which references lead, at most `depth` of them and only by way of nodes that are `passable`, for which `wanted` holds; -1: none. */
  nearest(from: number, depth: number, wanted: (node: number) => boolean, passable: (node: number) => boolean = () => true): number {
    if (from === -1) return -1;
    const { snapshot } = this;
    const seen = new Set([from]);
    let level = [from];
    for (let step = 0; step <= depth && level.length > 0; step++) {
      const next: number[] = [];
      for (const node of level) {
        if (wanted(node)) return node;
        if (!passable(node)) continue;
        for (let edge = snapshot.firstEdge(node); edge < snapshot.endEdge(node); edge++) {
          const target = snapshot.target(edge);
          if (!seen.has(target) && snapshot.edgeType(edge) !== 'weak') next.push(target);
          seen.add(target);
        }
      }
      level = next;
    }
    return -1;
  }
}

/** The names of the fields that `HeapObjects` itself reads. */
export const OWN_VOCABULARY: readonly string[] = ['first', 'second', 'value', 'parent'];
