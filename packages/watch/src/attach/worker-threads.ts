/** Owns the worker threads of a process that is looked into: a session with each, through the session with the process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InspectorSession } from './inspector-session.js';
import { within } from './within.js';

/** For a thread's answers, ms. One that is busy for longer is not looked at. */
const TIMEOUT = 2000;
/** When no thread was told of for so long, ms, all were. */
const SETTLE = 100;

interface Attached {
  readonly sessionId: string;
  readonly workerInfo: { readonly workerId: string; readonly title: string };
}

export interface FromWorkers<T> {
  readonly found: readonly { readonly thread: string; readonly value: T }[];
  /** How many threads were not looked at: they stood still, ended meanwhile, or failed. */
  readonly missed: number;
}

/** What `work` finds in each worker thread, one after another. They are left again; those that begin meanwhile are not looked at. */
export async function eachWorker<T>(session: InspectorSession, work: (worker: InspectorSession) => Promise<T>): Promise<FromWorkers<T>> {
  const workers = new Workers(session);
  await workers.enable();
  const found: { thread: string; value: T }[] = [];
  let missed = 0;
  try {
    for (const { thread, session: worker } of workers.list) {
      const done = work(worker).then(
        (value) => ({ thread, value }),
        () => null,
      );
      const result = await within(TIMEOUT, done);
      if (result === null) missed++;
      else found.push(result);
    }
  } finally {
    await workers.disable();
  }
  return { found, missed };
}

class Workers {
  readonly list: { readonly thread: string; readonly session: InspectorSession }[] = [];
  private readonly listeners = new Map<string, (message: string) => void>();
  private readonly endings = new Map<string, () => void>();

  constructor(private readonly through: InspectorSession) {}

  async enable(): Promise<void> {
    this.through.listen('NodeWorker.attachedToWorker', ({ sessionId, workerInfo: { workerId, title } }: Attached) => {
      // The title is the name of the thread or `Worker 1`, and newer Nodes put `[worker 1] ` before it.
      const name = title.replace(/^\[worker \d+\] ?/, '');
      this.list.push({ thread: name === '' || name === 'WorkerThread' || name === `Worker ${workerId}` ? workerId : `${workerId} (${name})`, session: this.sessionWith(sessionId) });
    });
    this.through.listen('NodeWorker.receivedMessageFromWorker', ({ sessionId, message }: { sessionId: string; message: string }) => this.listeners.get(sessionId)?.(message));
    this.through.listen('NodeWorker.detachedFromWorker', ({ sessionId }: { sessionId: string }) => this.endings.get(sessionId)?.());
    await this.through.send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    // The threads are told after the answer; how many there are is not.
    for (let known = -1; known !== this.list.length; ) {
      known = this.list.length;
      await sleep(SETTLE);
      await this.through.evaluate('0');
    }
  }

  async disable(): Promise<void> {
    await this.through.send('NodeWorker.disable').catch(() => undefined);
    for (const end of this.endings.values()) end();
    for (const event of ['attachedToWorker', 'receivedMessageFromWorker', 'detachedFromWorker']) this.through.listen(`NodeWorker.${event}`, null);
  }

  private sessionWith(sessionId: string): InspectorSession {
    const { promise: closed, resolve } = deferred();
    let open = true;
    const close = (): void => {
      open = false;
      resolve();
    };
    this.endings.set(sessionId, close);
    return new InspectorSession({
      send: (message) => void this.through.send('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(close),
      onMessage: (listener) => void this.listeners.set(sessionId, listener),
      isOpen: () => open,
      close,
      closed,
    });
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
