/** Owns how the objects of a snapshot are reached from its roots: by the references that a program would name first. */
import type { Snapshot } from './snapshot.js';

/** What a reference costs: the path with the lowest sum is taken. */
const PLAIN = 1;
/** The runtime's own: its native objects, and what has a symbol for a name. */
const INTERNAL = 5;
/** What was only on the stack when the snapshot was taken. */
const STACK = 12;
const NOT_REACHED = 0xffff_ffff;

/** Paths from the roots to some nodes. */
export class Reach {
  /** The reference by which a node was reached at the lowest cost. */
  private readonly by: Uint32Array;

  private constructor(
    private readonly snapshot: Snapshot,
    /** For each node, what the path to it costs. */
    private readonly cost: Uint32Array,
  ) {
    this.by = new Uint32Array(snapshot.nodeCount);
  }

  /** Walks from the roots until all of `wanted` are reached that can be; never past a node of `walls`. */
  static from(snapshot: Snapshot, wanted: ReadonlySet<number>, walls: ReadonlySet<number>): Reach {
    const reach = new Reach(snapshot, new Uint32Array(snapshot.nodeCount).fill(NOT_REACHED));
    reach.walk(wanted, walls);
    return reach;
  }

  has(node: number): boolean {
    return this.cost[node] !== NOT_REACHED;
  }

  costOf(node: number): number {
    return this.cost[node];
  }

  /** The references from a root to the node, in order. */
  pathTo(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== 0; at = this.snapshot.source(this.by[at])) path.push(this.by[at]);
    return path.reverse();
  }

  /** Dijkstra's algorithm with a queue for each cost (Dial, 1969): costs are small whole numbers. */
  private walk(wanted: ReadonlySet<number>, walls: ReadonlySet<number>): void {
    const { snapshot, cost, by } = this;
    const steps = new EdgeSteps(snapshot);
    const queues: number[][] = Array.from({ length: STACK + INTERNAL + 1 }, () => []);
    const left = new Set(wanted);
    cost[0] = 0;
    queues[0].push(0);
    for (let at = 0, waiting = 1; waiting > 0 && left.size > 0; at++) {
      const queue = queues[at % queues.length];
      // A step costs at least 1 and less than there are queues, so nothing is added to this one meanwhile.
      queues[at % queues.length] = [];
      waiting -= queue.length;
      for (const node of queue) {
        // It was reached at a lower cost since.
        if (cost[node] !== at) continue;
        left.delete(node);
        if (walls.has(node)) continue;
        for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
          const target = snapshot.target(edge);
          if (cost[target] <= at) continue;
          const step = steps.cost(node, edge, target);
          if (step === 0 || at + step >= cost[target]) continue;
          cost[target] = at + step;
          by[target] = edge;
          queues[(at + step) % queues.length].push(target);
          waiting++;
        }
      }
    }
  }
}

/** What the references cost; 0: they do not hold. */
class EdgeSteps {
  private readonly ephemerons: Uint8Array;
  private readonly symbols: Uint8Array;

  constructor(private readonly snapshot: Snapshot) {
    this.ephemerons = snapshot.strings.matching(/^\d+ \/ part of key \(/);
    this.symbols = snapshot.strings.matching(/^<symbol /);
  }

  cost(node: number, edge: number, target: number): number {
    const { snapshot } = this;
    const type = snapshot.edgeType(edge);
    if (type === 'weak') return 0;
    // A shortcut is no field, but the globals of the program are only roots by one.
    if (type === 'shortcut') return node === 0 ? PLAIN : 0;
    if (snapshot.isNamed(edge)) {
      const name = snapshot.edgeNameIndex(edge);
      if (this.symbols[name] === 1) return INTERNAL;
      // A value of a WeakMap is held by its key, not by the table.
      if (this.ephemerons[name] === 1 && snapshot.edgeName(edge).endsWith(`(table @${snapshot.nodeId(node)})`)) return 0;
    }
    // Node draws it for each of its objects, also for those that hold theirs weakly.
    if (snapshot.nodeType(node) === 'native' && snapshot.nodeName(node) === 'Node / JSTransferable') return 0;
    if (snapshot.nodeType(target) === 'native') return INTERNAL;
    if (snapshot.nodeType(node) === 'synthetic') {
      const name = snapshot.nodeName(node);
      if (name === '(Stack roots)' || name === '(Handle scope)') return STACK;
    }
    return PLAIN;
  }
}
