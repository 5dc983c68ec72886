/**
 * Owns a tab's share in the stream of events: it joins the one of the browser, or has its own where there is none.
 *
 * A SharedWorker holds the stream (stream-hub.ts), not one of the tabs: a tab that leads the others may be closed or
 * frozen, and to elect another one takes locks, which a page over plain HTTP from another machine has not got.
 */
import { StreamHub, type StreamEvent, type TabMessage } from './stream-hub.js';

type Follower = (event: StreamEvent) => void;

/** By topic: `reports`, or the id of a run. */
const followers = new Map<string, Follower>();
let port: MessagePort | null = null;
let lock: string | null = null;

/** Follows a topic until the function that is returned is called. After `lost` and `alive`, and after `missed`, something may not have been told. */
export function followStream(topic: string, follower: Follower): () => void {
  followers.set(topic, follower);
  if (port === null) join();
  else say();
  return () => {
    if (followers.delete(topic)) say();
  };
}

function join(): void {
  const address = new URL('api/events', document.baseURI).href;
  try {
    const worker = new SharedWorker(new URL('./stream-worker.ts', import.meta.url), { type: 'module', name: address });
    worker.addEventListener('error', () => connect(ownPort(address)), { once: true });
    connect(worker.port);
    hold();
  } catch {
    // There is none, or a policy forbids it.
    connect(ownPort(address));
  }
  addEventListener('pagehide', () => send({ kind: 'leave' }));
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    for (const follower of followers.values()) follower({ kind: 'missed' });
    say();
  });
}

/** Holds a lock for as long as the tab lives: the worker, which waits for it, is told of no end of a tab that crashes. */
function hold(): void {
  // A page over plain HTTP from another machine has no locks.
  if (!isSecureContext) return;
  const name = `watertight-tab-${crypto.randomUUID()}`;
  void navigator.locks.request(name, () => {
    // Not earlier: the worker could be granted it before this tab.
    lock = name;
    say();
    return new Promise(() => undefined);
  });
}

function ownPort(address: string): MessagePort {
  const { port1, port2 } = new MessageChannel();
  new StreamHub(address).serve(port1);
  return port2;
}

function connect(made: MessagePort): void {
  port = made;
  made.onmessage = ({ data }: MessageEvent<StreamEvent>) => {
    send({ kind: 'took' });
    if (data.kind === 'run') followers.get(data.id)?.(data);
    else for (const follower of followers.values()) follower(data);
  };
  say();
}

function say(): void {
  send({ kind: 'follow', topics: [...followers.keys()], lock });
}

function send(message: TabMessage): void {
  port?.postMessage(message);
}
