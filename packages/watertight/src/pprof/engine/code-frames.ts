/** Owns the conversion of the engine's call frames to a profile's frames, with names and source positions. */
import type { Runtime } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { mapPosition } from '../../tasks/index.js';
import { frameName, printable } from '../write/index.js';
import type { Frame, StackTable } from '../profile/index.js';

/** The engine's names for time outside of functions. Others, such as `(V8 API)`, are not changed. */
const ENGINE: Readonly<Record<string, string>> = {
  '': 'runtime.native (program)',
  '(garbage collector)': 'runtime.gc (garbage collector)',
  '(program)': 'runtime.native (program)',
};

/** A column beyond the end of any line, with which a source map finds the last segment of the line. */
const LINE_END = 2 ** 31 - 1;

export class CodeFrames {
  readonly #known = new Map<string, Frame>();

  constructor(private readonly table: StackTable) {}

  /**
   * The place of a function's beginning, or of the line `line` (from 1) in it. In a script with all code in
   * one line, every line of a function is its first, and its beginning is more exact.
   */
  frame({ functionName, scriptId, url, lineNumber, columnNumber }: Runtime.CallFrame, line = 0): Frame {
    const first = lineNumber + 1;
    const at = line === 0 || line === first ? { line: first, column: columnNumber + 1 } : { line, column: LINE_END };
    const key = `${scriptId}:${at.line}:${at.column} ${functionName}`;
    let frame = this.#known.get(key);
    if (frame === undefined) {
      frame = url === '' && scriptId === '0' ? this.table.frame(ENGINE[functionName] ?? printable(functionName), '', 0) : this.#placed(functionName, url, at);
      this.#known.set(key, frame);
    }
    return frame;
  }

  #placed(name: string, url: string, { line, column }: { line: number; column: number }): Frame {
    const path = pathOf(url);
    const position = path === '' || path.startsWith('node:') ? { file: path, line } : mapPosition(path, line, column);
    return this.table.frame(frameName({ function: name, ...position }), printable(position.file), position.line);
  }
}

function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
