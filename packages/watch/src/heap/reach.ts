/** Owns how the objects of a snapshot are reached from its roots: by the references that a program would name first. */
import type { Snapshot } from './snapshot.js';

/** What a reference costs: the path with the lowest sum is taken. */
const PLAIN = 1;
/** The runtime's own: its native objects, and what has a symbol for a name. */
const INTERNAL = 5;
/** What was only on the stack when the snapshot was taken. */
const STACK = 12;
const NOT_REACHED = 0xffff_ffff;

/** Where ways begin and how far they go, other than from the roots. */
export interface Ways {
  /** The references with which they begin. */
  readonly starts: ReadonlySet<number>;
  /** Whether they go on from the node, which they have reached by the reference. */
  passes(node: number, by: number): boolean;
  /** Whether they take the reference from a node that they pass. */
  holds(node: number, edge: number): boolean;
}

/** Paths from the roots, or from other starts, to some nodes. */
export class Reach {
  /** The reference by which a node was reached at the lowest cost. */
  private readonly by: Uint32Array;

  private constructor(
    private readonly snapshot: Snapshot,
    /** For each node, what the path to it costs. */
    private readonly cost: Uint32Array,
    private readonly ways: Ways | null,
  ) {
    this.by = new Uint32Array(snapshot.nodeCount);
  }

  /** Walks from the roots until all of `wanted` are reached that can be; never past a node of `walls`. */
  static from(snapshot: Snapshot, wanted: ReadonlySet<number>, walls: ReadonlySet<number>): Reach {
    const reach = new Reach(snapshot, new Uint32Array(snapshot.nodeCount).fill(NOT_REACHED), null);
    reach.walk(wanted, (node) => !walls.has(node));
    return reach;
  }

  /** Walks by other ways. */
  static by(snapshot: Snapshot, wanted: ReadonlySet<number>, ways: Ways): Reach {
    const reach = new Reach(snapshot, new Uint32Array(snapshot.nodeCount).fill(NOT_REACHED), ways);
    reach.walk(wanted, (node) => ways.passes(node, reach.by[node]));
    return reach;
  }

  has(node: number): boolean {
    return this.cost[node] !== NOT_REACHED;
  }

  costOf(node: number): number {
    return this.cost[node];
  }

  /** The references from a start to the node, in order. */
  pathTo(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== 0; at = this.snapshot.source(this.by[at])) {
      path.push(this.by[at]);
      if (this.ways?.starts.has(this.by[at]) === true) break;
    }
    return path.reverse();
  }

  /** Dijkstra's algorithm with a queue for each cost (Dial, 1969): costs are small whole numbers. */
  private walk(wanted: ReadonlySet<number>, passes: (node: number) => boolean): void {
    const { snapshot, cost, by, ways } = this;
    const steps = new EdgeSteps(snapshot);
    const queues: number[][] = Array.from({ length: STACK + INTERNAL + 1 }, () => []);
    const left = new Set(wanted);
    let waiting = 0;
    const reached = (target: number, edge: number, at: number): void => {
      cost[target] = at;
      by[target] = edge;
      queues[at % queues.length].push(target);
      waiting++;
    };
    if (ways === null) reached(0, 0, 0);
    else for (const edge of ways.starts) if (cost[snapshot.target(edge)] === NOT_REACHED) reached(snapshot.target(edge), edge, 0);
    for (let at = 0; waiting > 0 && left.size > 0; at++) {
      const queue = queues[at % queues.length];
      // A step costs at least 1 and less than there are queues, so nothing is added to this one meanwhile.
      queues[at % queues.length] = [];
      waiting -= queue.length;
      for (const node of queue) {
        // It was reached at a lower cost since.
        if (cost[node] !== at) continue;
        left.delete(node);
        if (!passes(node)) continue;
        for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
          const target = snapshot.target(edge);
          if (cost[target] <= at) continue;
          const step = steps.cost(node, edge, target);
          if (step === 0 || at + step >= cost[target] || ways?.holds(node, edge) === false) continue;
          reached(target, edge, at + step);
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
