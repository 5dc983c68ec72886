/**
 * Owns a heap snapshot in memory: objects (nodes) and the references between them (edges), numbered from 0 in the
 * order of the file, so that an object costs 21 bytes and a reference 9.
 */
import type { NumberTable } from './number-table.js';
import { SnapshotError } from './snapshot-error.js';
import type { SnapshotParts } from './snapshot-scanner.js';
import type { StringTable } from './string-table.js';

/** Where a function or a suspended call is in its script; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export class Snapshot {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly strings: StringTable;

  private readonly nodeTypes: readonly string[];
  private readonly edgeTypes: readonly string[];
  private readonly nodeTypeOf: Uint8Array;
  private readonly nodeNameOf: Uint32Array;
  private readonly nodeIdOf: Uint32Array;
  private readonly nodeSizeOf: Uint32Array;
  /** Where the references of a node begin; one more than there are nodes. */
  private readonly firstEdgeOf: Uint32Array;
  private readonly edgeTypeOf: Uint8Array;
  private readonly edgeNameOf: Uint32Array;
  private readonly edgeTargetOf: Uint32Array;
  private readonly locations: NumberTable | null;
  private readonly namedEdge: readonly boolean[];

  /** @throws SnapshotError if the parts contradict each other */
  constructor({ header, nodes, edges, locations, strings }: SnapshotParts) {
    if (nodes.rows !== header.nodeCount) throw malformed(`it announces ${header.nodeCount} nodes and has ${nodes.rows}`);
    if (edges.rows !== header.edgeCount) throw malformed(`it announces ${header.edgeCount} edges and has ${edges.rows}`);
    if (nodes.rows === 0) throw malformed('it has no objects');
    this.nodeCount = nodes.rows;
    this.edgeCount = edges.rows;
    this.strings = strings;
    this.locations = locations;
    this.nodeTypes = header.nodeTypes;
    this.edgeTypes = header.edgeTypes;
    this.nodeTypeOf = nodes.column('type') as Uint8Array;
    this.nodeNameOf = nodes.column('name') as Uint32Array;
    this.nodeIdOf = nodes.column('id') as Uint32Array;
    this.nodeSizeOf = nodes.column('self_size') as Uint32Array;
    this.firstEdgeOf = firstEdges(nodes.column('edge_count') as Uint32Array, edges.rows);
    this.edgeTypeOf = edges.column('type') as Uint8Array;
    this.edgeNameOf = edges.column('name_or_index') as Uint32Array;
    this.edgeTargetOf = edges.column('to_node') as Uint32Array;
    // DevTools reads them in the same way: elements and hidden references have a number, the others a name.
    this.namedEdge = header.edgeTypes.map((type) => type !== 'element' && type !== 'hidden');
    this.check(header.nodeFields.length);
  }

  /** `object`, `closure`, `string`, `native` and others. */
  nodeType(node: number): string {
    return this.nodeTypes[this.nodeTypeOf[node]];
  }

  /** The class of an object, the name of a function, the text of a string. */
  nodeName(node: number): string {
    return this.strings.text(this.nodeNameOf[node]);
  }

  /** The number of the string that is the node's name. */
  nodeNameIndex(node: number): number {
    return this.nodeNameOf[node];
  }

  /** The same in every snapshot of one process. */
  nodeId(node: number): number {
    return this.nodeIdOf[node];
  }

  /** Bytes of the object alone. */
  nodeSize(node: number): number {
    return this.nodeSizeOf[node];
  }

  /** The references of a node are those from `firstEdge` up to, and without, `endEdge`. */
  firstEdge(node: number): number {
    return this.firstEdgeOf[node];
  }

  endEdge(node: number): number {
    return this.firstEdgeOf[node + 1];
  }

  /** `property`, `context` (a variable), `element`, `internal`, `hidden`, `shortcut`, `weak`. */
  edgeType(edge: number): string {
    return this.edgeTypes[this.edgeTypeOf[edge]];
  }

  /** The name of a property or variable; the number of an element or a hidden reference, as text. */
  edgeName(edge: number): string {
    const name = this.edgeNameOf[edge];
    return this.namedEdge[this.edgeTypeOf[edge]] ? this.strings.text(name) : String(name);
  }

  /** The number of the string that is the reference's name, or of the element; -1: hidden. */
  edgeNameIndex(edge: number): number {
    return this.edgeNameOf[edge];
  }

  /** Whether `edgeNameIndex` is the number of a string. */
  isNamed(edge: number): boolean {
    return this.namedEdge[this.edgeTypeOf[edge]];
  }

  /** The node that a reference leads to. */
  target(edge: number): number {
    return this.edgeTargetOf[edge];
  }

  /** The node that has the reference. */
  source(edge: number): number {
    const { firstEdgeOf } = this;
    let low = 0;
    let high = this.nodeCount;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (firstEdgeOf[middle] <= edge) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Where functions are in their scripts, for those of `nodes` that are functions. */
  placesOf(nodes: ReadonlySet<number>): Map<number, Place> {
    const places = new Map<number, Place>();
    if (this.locations === null || nodes.size === 0) return places;
    const objects = this.locations.column('object_index');
    const lines = this.locations.column('line');
    const columns = this.locations.column('column');
    for (let row = 0; row < objects.length; row++) {
      const node = objects[row];
      if (nodes.has(node)) places.set(node, { line: lines[row] + 1, column: columns[row] + 1 });
    }
    return places;
  }

  /** Turns places in the file's list of numbers into numbers of nodes, and refuses what leads nowhere. */
  private check(width: number): void {
    const { nodeTypeOf, nodeNameOf, edgeTypeOf, edgeNameOf, edgeTargetOf, strings, nodeCount } = this;
    for (let node = 0; node < nodeCount; node++) {
      if (nodeTypeOf[node] >= this.nodeTypes.length) throw malformed(`node ${node} has the unknown type ${nodeTypeOf[node]}`);
      if (nodeNameOf[node] >= strings.count) throw malformed(`node ${node} has string ${nodeNameOf[node]} for a name, and there are ${strings.count}`);
    }
    for (let edge = 0; edge < edgeTargetOf.length; edge++) {
      const type = edgeTypeOf[edge];
      if (type >= this.edgeTypes.length) throw malformed(`edge ${edge} has the unknown type ${type}`);
      if (this.namedEdge[type] && edgeNameOf[edge] >= strings.count) throw malformed(`edge ${edge} has string ${edgeNameOf[edge]} for a name, and there are ${strings.count}`);
      const target = edgeTargetOf[edge] / width;
      if (target >= nodeCount || !Number.isInteger(target)) throw malformed(`edge ${edge} leads to ${edgeTargetOf[edge]}, where no node is`);
      edgeTargetOf[edge] = target;
    }
    if (this.locations === null) return;
    const objects = this.locations.column('object_index');
    for (let row = 0; row < objects.length; row++) {
      const node = objects[row] / width;
      if (node >= nodeCount || !Number.isInteger(node)) throw malformed(`a function is at ${objects[row]}, where no node is`);
      objects[row] = node;
    }
  }
}

function firstEdges(counts: Uint32Array, total: number): Uint32Array {
  const first = new Uint32Array(counts.length + 1);
  let sum = 0;
  for (let node = 0; node < counts.length; node++) {
    first[node] = sum;
    sum += counts[node];
  }
  first[counts.length] = sum;
  if (sum !== total) throw malformed(`its nodes have ${sum} references, and it has ${total}`);
  return first;
}

function malformed(what: string): SnapshotError {
  return new SnapshotError('ERR_SNAPSHOT_MALFORMED', `it is damaged: ${what}`);
}
