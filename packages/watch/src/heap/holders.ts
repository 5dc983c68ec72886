/** Owns who holds an object: the shortest chain of references to it from what a program keeps. */
import { HolderChain, CHAIN_VOCABULARY } from './holder-chain.js';
import { HeapObjects } from './heap-objects.js';
import { ModuleVariables } from './module-variables.js';
import { PROGRAM_VOCABULARY, ProgramEdges } from './program-edges.js';
import { ProgramScopes } from './program-scope.js';
import { Reach } from './reach.js';
import type { Snapshot } from './snapshot.js';

/** What to look for. */
export interface Held {
  /** Objects through which the program can release it: whoever holds one of them holds it. */
  readonly handles: readonly number[];
  /** Objects of the client that refer to it on their own behalf: who reaches it only by way of them can't release it. */
  readonly plumbing: readonly number[];
}

export interface Holder {
  /** From a variable or a function to the object, in words; empty: nobody of the program holds it. */
  readonly heldBy: string[];
  /** The chain runs through a connection (a socket, an agent, a pool) that the program keeps: it has no reference to the object itself. */
  readonly throughConnection: boolean;
}

/** For each of `held`, who holds it. The plumbing of one is plumbing for all. */
export function holdersOf(snapshot: Snapshot, held: readonly Held[]): Holder[] {
  if (held.length === 0) return [];
  const objects = new HeapObjects(snapshot, [...CHAIN_VOCABULARY, ...PROGRAM_VOCABULARY]);
  const modules = new ModuleVariables(objects);
  const direct = pathsPastConnections(objects, held);
  const lost = held.filter((_, index) => direct[index] === null);
  const indirect = lost.length === 0 ? [] : pathsThroughConnections(objects, modules, lost);
  const paths = direct.map((path, index) => path ?? indirect[lost.indexOf(held[index])]);
  const nodes = new Set<number>();
  for (const path of paths) for (const edge of path ?? []) nodes.add(snapshot.target(edge)).add(snapshot.source(edge));
  const chain = new HolderChain(objects, new ProgramScopes(objects, nodes), modules);
  return paths.map((path, index) => ({ heldBy: path === null ? [] : chain.inWords(path), throughConnection: path !== null && direct[index] === null }));
}

/** From the roots, but not by what the clients themselves refer to. */
function pathsPastConnections(objects: HeapObjects, held: readonly Held[]): Path[] {
  const wanted = handlesOf(held);
  const walls = new Set([...held.flatMap(({ plumbing }) => plumbing), ...clientScopes(objects, wanted)]);
  return shortest(Reach.from(objects.snapshot, wanted, walls), held);
}

/** From what the program itself keeps: a socket, an agent or a pool among it, through which it can end the response. */
function pathsThroughConnections(objects: HeapObjects, modules: ModuleVariables, held: readonly Held[]): Path[] {
  const program = new ProgramEdges(objects, modules);
  const { starts, shared } = program;
  return shortest(
    Reach.by(objects.snapshot, handlesOf(held), {
      starts,
      passes: (node, by) => program.passes(node) && (!shared.has(node) || starts.has(by)),
      holds: (node, edge) => program.holds(node, edge),
    }),
    held,
  );
}

type Path = readonly number[] | null;

function handlesOf(held: readonly Held[]): Set<number> {
  return new Set(held.flatMap(({ handles }) => handles));
}

function shortest(reach: Reach, held: readonly Held[]): Path[] {
  return held.map(({ handles }) => {
    const reached = handles.filter((node) => reach.has(node)).sort((a, b) => reach.costOf(a) - reach.costOf(b));
    return reached.length === 0 ? null : reach.pathTo(reached[0]);
  });
}

/** Where undici lies: in Node, and as a package. */
const UNDICI = /^node:internal\/deps\/undici\/|[/\\]node_modules[/\\]undici[^/\\]*[/\\]/;

/** The functions of undici that are under way for a body and refer to it: they are plumbing, too. */
function clientScopes(objects: HeapObjects, handles: ReadonlySet<number>): number[] {
  const { snapshot } = objects;
  const context = objects.nameIndex('system / Context');
  const found: number[] = [];
  for (let node = 0; node < snapshot.nodeCount; node++) {
    if (snapshot.nodeNameIndex(node) !== context) continue;
    for (let edge = snapshot.firstEdge(node), end = snapshot.endEdge(node); edge < end; edge++) {
      if (!handles.has(snapshot.target(edge))) continue;
      found.push(node);
      break;
    }
  }
  const scopes = new ProgramScopes(objects, found);
  return found.filter((node) => UNDICI.test(scopes.ofContext(node)?.script ?? ''));
}
