/**
 * Owns how the text of the library comes into a process that has none of its files: in parts, each in a turn of its own,
 * so that the program stands still for one part at a time.
 */
import { readFileSync } from 'node:fs';
import type { InspectorSession, RemoteObject } from './inspector-session.js';
import type { PauseLog } from './pause.js';

/** Each needs `shared`; `profiles` is only for serving them. They are made by scripts/build-in-target.mjs. */
export type LibraryPart = 'shared' | 'attached' | 'profiles';

/** The engine's name of the parts: frames of them are the library's own, and never a line of the program. */
const FOLDER = '/watertight-attach/dist/instrument/';

const GROUP = 'watertight-injection';

/** Answers how long the process was busy with each step, by its own clock; `performance` may be a test's. The texts have no import(). */
const LOADER = `(() => {
  const { compileFunction } = process.getBuiltinModule('node:vm');
  const { hrtime } = process;
  // Windows has no path without a drive.
  const url = (process.platform === 'win32' ? 'file:///C:' : 'file://') + '${FOLDER}';
  const parts = new Map();
  const require = (id) => id.startsWith('./') ? parts.get(id.slice(2)) : process.getBuiltinModule(id);
  const timed = (work) => {
    const start = hrtime.bigint();
    const result = work();
    return { result, ms: Number(hrtime.bigint() - start) / 1e6 };
  };
  return {
    compile(name, text) {
      const { result, ms } = timed(() => compileFunction(text, ['require', 'exports', '__watertightUrl'], { filename: url + name }));
      parts.set(name, result);
      return ms;
    },
    run(name) {
      const exports = {};
      const { ms } = timed(() => parts.get(name)(require, exports, url + name));
      parts.set(name, exports);
      return ms;
    },
    call(name, method) {
      const { result, ms } = timed(() => parts.get(name)[method]());
      this.result = result;
      return ms;
    },
  };
})()
//# sourceURL=file://${FOLDER}loader.js`;

export class LibraryLoader {
  private constructor(
    private readonly session: InspectorSession,
    private readonly pauses: PauseLog,
    private readonly within: RemoteObject,
  ) {}

  static async make(session: InspectorSession, pauses: PauseLog): Promise<LibraryLoader> {
    return new LibraryLoader(session, pauses, await session.evaluate(LOADER, { byValue: false, group: GROUP }));
  }

  /** Compiles the part, then runs it; the program goes on in between. */
  async load(part: LibraryPart): Promise<void> {
    const name = fileOf(part);
    // The sources are modules, which are strict.
    const text = `'use strict';${readFileSync(new URL(`in-target/${name}`, import.meta.url), 'utf8')}`;
    await this.timed(`the compiling of the library (${part})`, 'compile', name, text);
    await this.timed(`the loading of the library (${part})`, 'run', name);
  }

  /** What a function of a part that is loaded returns. */
  async call(part: LibraryPart, method: string): Promise<RemoteObject> {
    await this.timed(`the library's ${method}`, 'call', fileOf(part), method);
    return this.session.call(this.within, 'function () { return this.result; }', [], { byValue: false });
  }

  private async timed(what: string, method: 'compile' | 'run' | 'call', ...args: readonly string[]): Promise<void> {
    const { value } = await this.session.call(this.within, `function (...args) { return this.${method}(...args); }`, args.map((each) => ({ value: each })));
    this.pauses.add({ what, ms: Number(value) });
  }
}

function fileOf(part: LibraryPart): string {
  return `${part}.bundle.cjs`;
}
