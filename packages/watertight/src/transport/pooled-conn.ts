/** Owns what the pool adds to a connection: its host, and its place in the list of idle connections. */
import type { Trace } from '../tasks/index.js';
import { PersistConn, type CloseCause, type ConnOwner, type ExchangeSettings } from '../conn/index.js';
import type { Host } from './host.js';
import type { Poolable, PutIdleRefusal } from './pool.js';
import type { Waiter } from './wait-queue.js';

/** A connection of the pool. `W` is a request that waits for one. */
export class PooledConn<W extends Waiter> extends PersistConn implements Poolable<PooledConn<W>> {
  idleAt = 0;
  idleUntil = 0;
  newer: PooledConn<W> | null = null;
  older: PooledConn<W> | null = null;

  constructor(
    readonly host: Host<PooledConn<W>, W>,
    settings: ExchangeSettings,
    owner: ConnOwner<PooledConn<W>>,
    trace: Trace | null,
  ) {
    super(settings, owner, host.labels, trace);
  }
}

/** Why a connection ends that the pool does not take. */
export const CAUSES: Readonly<Record<PutIdleRefusal, CloseCause>> = {
  'keep-alives disabled': 'connectionClose',
  'CloseIdleConnections called': 'closeIdleConnections',
  'too many idle connections for host': 'maxIdleConnsPerHost',
  'the server does not keep it (Keep-Alive: timeout=0)': 'connectionClose',
};
