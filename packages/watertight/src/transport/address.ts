/** Owns the options of a TCP connection to a host. */
import type { LookupFunction } from 'node:net';
import type { Origin } from '../conn/index.js';
import { guardedLookup, type LookupOwner } from './lookup.js';
import type { ResolvedOptions } from './options.js';

/** How long a connection may be silent before the kernel asks whether the peer is alive; Go's default is 15 s. */
const KEEP_ALIVE_DELAY = 15_000;

/** For `net.connect` and `tls.connect`. Every option that a polluted Object.prototype could set is named. */
export function addressOf(origin: Origin, options: ResolvedOptions, owner: LookupOwner): object {
  const lookup: LookupFunction | undefined = options.lookup === undefined ? undefined : guardedLookup(options.lookup, owner);
  return {
    host: origin.hostname,
    port: origin.port,
    path: undefined,
    localAddress: undefined,
    localPort: undefined,
    family: undefined,
    hints: undefined,
    signal: undefined,
    fd: undefined,
    timeout: undefined,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY,
    lookup,
  };
}
