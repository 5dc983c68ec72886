/**
 * Owns the mapping of a line of generated code to the line of its source: by the engine's own source maps if
 * it has them, otherwise by the map that the file names, or the code that a loader made of the file. Node's modules
 * are loaded at the first mapping, because `watertight/register` must load nothing that the program has not loaded.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { mapUrlOf } from './loaded-script.js';

interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Maps by file; null for a file without a map. */
const maps = new Map<string, TraceMap | null>();

/** Bounds the memory of a program that generates files. */
const MAX_MAPS = 500;

/** Larger maps are not read: 32 MiB. */
const MAX_MAP_BYTES = 32 << 20;

/** The source position of a generated position (line and column from 1), or the position itself if there is no map. Never throws. */
export function mapPosition(file: string, line: number, column: number): Position {
  const generated = { file, line, column };
  if (line < 1) return generated;
  try {
    return fromEngine(generated) ?? fromFile(generated) ?? generated;
  } catch {
    // A broken map must not break a report.
    return generated;
  }
}

function fromEngine({ file, line, column }: Position): Position | null {
  // The engine has maps only if Node runs with --enable-source-maps or a loader turned them on.
  const { findSourceMap } = process.getBuiltinModule('node:module');
  const map = findSourceMap(file) ?? findSourceMap(pathToFileURL(file).href);
  if (map === undefined) return null;
  const entry = map.findEntry(line - 1, column - 1);
  if (!('originalSource' in entry)) return null;
  const source = entry.originalSource;
  return {
    file: source.startsWith('file:') ? fileURLToPath(source) : resolve(dirname(file), source),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}

function fromFile({ file, line, column }: Position): Position | null {
  let map = maps.get(file);
  if (map === undefined) {
    if (maps.size >= MAX_MAPS) maps.clear();
    map = readMap(file);
    maps.set(file, map);
  }
  if (map === null) return null;
  const found = originalPositionFor(map, { line, column: column - 1 });
  if (found.source === null) return null;
  const source = found.source.startsWith('file:') ? fileURLToPath(found.source) : found.source;
  return { file: source, line: found.line, column: found.column + 1 };
}

function urlIn(file: string): string | null {
  const code = process.getBuiltinModule('node:fs').readFileSync(file, 'utf8');
  const at = code.lastIndexOf('//# sourceMappingURL=');
  return at === -1 ? null : (/^\S+/.exec(code.slice(at + '//# sourceMappingURL='.length))?.[0] ?? '');
}

function readMap(file: string): TraceMap | null {
  try {
    const url = urlIn(file) ?? mapUrlOf(file);
    if (url === null) return null;
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(url);
    if (inline !== null) {
      const json = inline[1] === undefined ? decodeURIComponent(inline[2]) : Buffer.from(inline[2], 'base64').toString();
      return new TraceMap(json, pathToFileURL(file).href);
    }
    const mapUrl = new URL(url, pathToFileURL(file));
    if (mapUrl.protocol !== 'file:') return null;
    const json = process.getBuiltinModule('node:fs').readFileSync(mapUrl);
    return json.length > MAX_MAP_BYTES ? null : new TraceMap(json.toString(), mapUrl.href);
  } catch {
    return null;
  }
}
