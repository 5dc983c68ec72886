// Owns the search for circles of imports: files that import each other, directly or through others.
//
// Imports of types count, though they cost nothing at run time: two files that need each other's types can only
// be read, tested and changed together.
import { posix } from 'node:path';
import ts from 'typescript';

/**
 * Which file imports which, types and dynamic imports included. Imports of packages and of files
 * that are not in `sources` are left out.
 *
 * @param {ReadonlyMap<string, string>} sources  path with `/` -> text
 * @returns {Map<string, string[]>} path -> the paths it imports
 */
export function importGraph(sources) {
  const graph = new Map();
  for (const [path, text] of sources) {
    const imported = new Set();
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const target = sourceOf(posix.join(posix.dirname(path), fileName), sources);
      if (target !== null) imported.add(target);
    }
    graph.set(path, [...imported]);
  }
  return graph;
}

/**
 * The circles of a graph: its strongly connected components of more than one file, and files that
 * import themselves (Tarjan's algorithm). The files of a circle are sorted.
 *
 * @param {ReadonlyMap<string, readonly string[]>} graph
 * @returns {string[][]}
 */
export function circlesOf(graph) {
  /** @type {Map<string, { order: number, lowest: number, open: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const circles = [];

  /** @param {string} path */
  function visit(path) {
    const own = { order: seen.size, lowest: seen.size, open: true };
    seen.set(path, own);
    stack.push(path);
    const targets = graph.get(path) ?? [];
    for (const target of targets) {
      const other = seen.get(target) ?? visit(target);
      if (other.open) own.lowest = Math.min(own.lowest, other.lowest);
    }
    if (own.lowest === own.order) {
      const files = stack.splice(stack.indexOf(path));
      for (const file of files) /** @type {{ open: boolean }} */ (seen.get(file)).open = false;
      if (files.length > 1 || targets.includes(path)) circles.push(files.sort());
    }
    return own;
  }

  for (const path of graph.keys()) if (!seen.has(path)) visit(path);
  return circles.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/**
 * A circle as text: each of its files, and which others of the circle it imports.
 *
 * @param {readonly string[]} circle
 * @param {ReadonlyMap<string, readonly string[]>} graph
 */
export function describeCircle(circle, graph) {
  const lines = circle.map((path) => `  ${path} imports ${(graph.get(path) ?? []).filter((target) => circle.includes(target)).join(', ')}`);
  return `${circle.length} files import each other:\n${lines.join('\n')}`;
}

/**
 * The source that a specifier means: TypeScript's `./x.js` is the file `x.ts` or `x.tsx`.
 *
 * @param {string} path
 * @param {ReadonlyMap<string, string>} sources
 */
function sourceOf(path, sources) {
  const stem = path.replace(/\.[cm]?js$/, '');
  for (const end of ['.ts', '.tsx', '.cts', '.d.ts']) if (sources.has(stem + end)) return stem + end;
  return sources.has(path) ? path : null;
}
