/** Owns the library in a process that was started without it: from here on its requests have their lines. */
import type { Leak } from 'watertight/leak';
import type { InspectorSession, RemoteObject } from './inspector-session.js';
import { LibraryLoader } from './library-loader.js';
import type { PauseLog } from './pause.js';
import type { Tether } from './tether.js';

/** A leak that began since the injection. */
export interface LeakSince extends Leak {
  /** The line that made the request; null if it is not known. */
  readonly line: string | null;
}

export class Injection {
  private constructor(
    private readonly session: InspectorSession,
    private readonly loader: LibraryLoader,
    private readonly within: RemoteObject,
  ) {}

  /** Begins to observe. It ends with the tether. */
  static async begin(session: InspectorSession, pauses: PauseLog, tether: Tether): Promise<Injection> {
    const loader = await LibraryLoader.make(session, pauses);
    await loader.load('shared');
    await loader.load('attached');
    const within = await loader.call('attached', 'attach');
    const end = await session.call(within, 'function () { return () => this.end(); }', [], { byValue: false });
    await tether.onEnd(end);
    return new Injection(session, loader, within);
  }

  /** Serves the profiles of the process on its loopback; resolves to the port. */
  async serve(port: number): Promise<number> {
    await this.loader.load('profiles');
    return Number((await this.session.call(this.within, 'function (port) { return this.serve(port); }', [{ value: port }])).value);
  }

  /** The responses since the beginning whose readers have made no progress for so long (ms). */
  async leaks(suspectAfter: number): Promise<readonly LeakSince[]> {
    const { value } = await this.session.call(this.within, 'function (after) { return this.leaks(after); }', [{ value: suspectAfter }]);
    return value as readonly LeakSince[];
  }
}
