/**
 * Owns what ends a visit: the command tells the process once a second that it is still there. When it is not (it was
 * killed, or the connection broke), the process takes back by itself what the visit changed.
 */
import { within } from './within.js';
import type { InspectorSession, RemoteObject } from './inspector-session.js';

/** How often the process is told, in ms, and after how many times without word it ends the visit. */
const INTERVAL = 1000;
const MOST_MISSED = 4;

/** How long the end of a visit is waited for, ms. */
const END_TIMEOUT = 3000;

/**
 * Counts its own turns instead of reading a clock: while the program stands still, neither its timers nor our words
 * reach it. Nobody but the inspector refers to it, and its timer does not keep the program alive.
 */
const TEXT = `(() => {
  const { setInterval, clearInterval, setImmediate } = process.getBuiltinModule('node:timers');
  const ends = [];
  let missed = 0;
  const end = () => {
    clearInterval(timer);
    for (const each of ends.splice(0).reverse()) {
      try { each(); } catch {}
    }
  };
  const timer = setInterval(() => { if (++missed > ${MOST_MISSED}) end(); }, ${INTERVAL}).unref();
  return {
    beat() { missed = 0; },
    onEnd(each) { ends.push(each); },
    closesInspector() { ends.push(() => setImmediate(() => process.getBuiltinModule('node:inspector').close())); },
    end,
  };
})()
//# sourceURL=watertight-attach`;

const GROUP = 'watertight-tether';

export class Tether {
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly session: InspectorSession,
    private readonly within: RemoteObject,
    private readonly closes: boolean,
  ) {
    this.timer = setInterval(() => void this.call('beat').catch(() => undefined), INTERVAL).unref();
    void session.closed.then(() => clearInterval(this.timer));
  }

  /** `closes`: the inspector is to be closed at the end. */
  static async tie(session: InspectorSession, closes: boolean): Promise<Tether> {
    const tether = new Tether(session, await session.evaluate(TEXT, { byValue: false, group: GROUP }), closes);
    if (closes) await tether.call('closesInspector');
    return tether;
  }

  /** Has the program's function called at the end, however that comes. */
  async onEnd(end: RemoteObject): Promise<void> {
    await this.session.call(this.within, 'function (end) { this.onEnd(end); }', [{ objectId: end.objectId }]);
  }

  /** Takes back what the visit changed. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    // Gone: it has ended the visit itself, or will.
    const ended = this.call('end').catch(() => undefined);
    // A program that stands still does it when it goes on: the word is there, and nobody has to wait.
    await within(END_TIMEOUT, this.closes ? ended.then(() => this.session.closed) : ended);
  }

  private async call(method: 'beat' | 'end' | 'closesInspector'): Promise<void> {
    await this.session.call(this.within, `function () { this.${method}(); }`);
  }
}
