/** Owns the library in a process that was started without it: from here on its requests have their lines. */
import { readFileSync } from 'node:fs';
import type { Leak } from 'watertight/leak';
import type { InspectorSession, RemoteObject } from './inspector-session.js';
import { wrapped } from './look.js';
import type { PauseLog } from './pause.js';
import type { Tether } from './tether.js';

const TEXT = new URL('in-target/attached.bundle.cjs', import.meta.url);

/** The engine's name of the text: frames of it are the library's own, and never a line of the program. */
const FOLDER = '/watertight-attach/dist/instrument/';

const GROUP = 'watertight-injection';

/** A leak that began since the injection. */
export interface LeakSince extends Leak {
  /** The line that made the request; null if it is not known. */
  readonly line: string | null;
}

export class Injection {
  private constructor(
    private readonly session: InspectorSession,
    private readonly within: RemoteObject,
  ) {}

  /** Begins to observe. It ends with the tether. */
  static async begin(session: InspectorSession, pauses: PauseLog, tether: Tether): Promise<Injection> {
    const text = readFileSync(TEXT, 'utf8');
    const within = await pauses.measure(session, 'the loading of the library', () =>
      session.evaluate(`${wrapped(text, FOLDER)}.attach()\n//# sourceURL=file://${FOLDER}attached.js`, { byValue: false, group: GROUP }),
    );
    const end = await session.call(within, 'function () { return () => this.end(); }', [], { byValue: false });
    await tether.onEnd(end);
    return new Injection(session, within);
  }

  /** Serves the profiles of the process on its loopback; resolves to the port. */
  async serve(port: number): Promise<number> {
    return Number((await this.session.call(this.within, 'function (port) { return this.serve(port); }', [{ value: port }])).value);
  }

  /** The responses since the beginning whose readers have made no progress for so long (ms). */
  async leaks(suspectAfter: number): Promise<readonly LeakSince[]> {
    const { value } = await this.session.call(this.within, 'function (after) { return this.leaks(after); }', [{ value: suspectAfter }]);
    return value as readonly LeakSince[];
  }
}
