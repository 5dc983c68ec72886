/**
 * What `watertight attach` has in a process that was started without this library: no entry of the package, but the
 * beginning of the text that the command sends there. It observes requests with their lines, and takes all of it back.
 * Nothing of it is printed by the program, changes how it runs or keeps it alive.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObserving, observe, unobserve } from './instrument/index.js';
import { currentLeaks, type Leak } from './leak/index.js';
import { formatSite, now, setTracking, tracking, trackLevel, warnNoMore } from './tasks/index.js';

/** A leak that began since. */
export interface LeakSince extends Leak {
  /** The line that made the request, as text; null if it is not known. */
  readonly line: string | null;
}

export interface Attached {
  /** The responses since {@link attach} whose readers have made no progress for `suspectAfter` ms. */
  leaks(suspectAfter: number): readonly LeakSince[];
  /** Serves the profiles on loopback, at a port or (0) one that the system chooses; resolves to the port. */
  serve(port: number): Promise<number>;
  /** Takes everything back. A second call does nothing. */
  end(): void;
}

/** Begins to observe, unless the program itself does. */
export function attach(): Attached {
  const since = now();
  const level = tracking.floor;
  const observed = isObserving();
  warnNoMore();
  setTracking('all');
  if (!observed) observe();
  const servers = new Set<Server>();
  let ended = false;
  return {
    leaks: (suspectAfter) =>
      currentLeaks({ suspectAfter })
        .filter(({ kind, verdict, heldFor }) => kind === 'body' && (verdict === 'suspect' || verdict === 'proven') && heldFor <= now() - since)
        .map((leak) => ({ ...leak, line: leak.site === null ? null : formatSite(leak.site) })),
    serve: (port) => serve(port, servers),
    end() {
      if (ended) return;
      ended = true;
      if (!observed) unobserve();
      if (tracking.floor === trackLevel('all')) tracking.floor = level;
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

async function serve(port: number, servers: Set<Server>): Promise<number> {
  // Apart, as few visits need it: it is the larger part of the text, and loads modules of Node that take long to load.
  const { pprofHandler } = await import('./pprof/index.js');
  const server = process.getBuiltinModule('node:http').createServer(pprofHandler());
  server.unref();
  server.on('connection', (socket) => socket.unref());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      servers.add(server);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
