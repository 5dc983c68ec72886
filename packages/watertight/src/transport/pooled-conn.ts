/** Owns what the pool adds to a connection: its host and its place among the idle ones. */
import type { Trace } from '../tasks/index.js';
import { PersistConn, type ConnOwner, type ExchangeSettings } from '../conn/index.js';
import type { Host } from './host.js';
import type { Poolable } from './pool.js';

export class PooledConn extends PersistConn implements Poolable<PooledConn> {
  idleAt = 0;
  newer: PooledConn | null = null;
  older: PooledConn | null = null;

  constructor(
    readonly host: Host,
    settings: ExchangeSettings,
    owner: ConnOwner<PooledConn>,
    trace: Trace | null,
  ) {
    super(settings, owner, host.labels, trace);
  }
}
