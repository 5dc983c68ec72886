/** Owns what a connection to a host is made to: the options for Node, and how errors call it. */
import { lookup as dnsLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Origin } from '../conn/index.js';
import { RequestError } from '../wire/index.js';
import { DialError } from './error.js';
import { guardedLookup, type LookupOwner } from './lookup.js';
import type { ResolvedOptions } from './options.js';

/** How long a connection may be silent before the kernel asks whether the peer is alive, ms: the default of Go's `net.Dialer`. */
const KEEP_ALIVE_DELAY = 15_000;

/**
 * For `net.connect` and `tls.connect`. Every option that a polluted Object.prototype could set is named.
 *
 * `traced`: the owner wants to know of the name's resolution.
 *
 * @throws RequestError (`ERR_INVALID_URL`), DialError (`ERR_DIAL`): the options don't allow to connect there
 */
export function addressOf(origin: Origin, options: ResolvedOptions, owner: LookupOwner, traced: boolean): object {
  const path = socketPathOf(origin, options);
  if (path === null) checkFamily(origin.hostname, options);
  const { localAddress, family, autoSelectFamilyAttemptTimeout } = options;
  // Told of a family, Node would try the first address alone. So the lookup is asked for that family, and Node is not told.
  const resolve = options.lookup ?? (family === 0 && !traced ? undefined : dnsLookup);
  const lookup: LookupFunction | undefined = resolve === undefined ? undefined : guardedLookup(resolve, owner, family);
  return {
    host: origin.hostname,
    port: origin.port,
    path: path ?? undefined,
    localAddress: path === null ? localAddress : undefined,
    localPort: undefined,
    family: undefined,
    hints: undefined,
    signal: undefined,
    fd: undefined,
    timeout: undefined,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY,
    autoSelectFamily: undefined,
    autoSelectFamilyAttemptTimeout,
    lookup,
  };
}

/** The Unix socket that an origin is reached over; null: by TCP. */
export function socketPathOf(origin: Origin, options: Pick<ResolvedOptions, 'socketPath'>): string | null {
  return origin.socketPath ?? options.socketPath;
}

/** The origin as an error calls it. */
export function shownPeer(origin: Origin, { socketPath }: Pick<ResolvedOptions, 'socketPath'>): string {
  return socketPath === null ? origin.href : `${origin.href} over the socket ${shownPath(socketPath)}`;
}

/** The name of a socket without a file begins with a zero byte. */
export function shownPath(socketPath: string): string {
  return socketPath.replace(/^\0/, '@');
}

/** Whoever decides where connections go is not passed by: a URL may come from anywhere. */
export function checkGuard({ socketPath, href }: Origin, { guard }: Pick<ResolvedOptions, 'guard'>): void {
  if (socketPath === null || guard === null) return;
  throw new RequestError('ERR_INVALID_URL', `${href} names a Unix socket, and the transport's option ${guard} decides where its connections go; use a transport without ${guard}`);
}

/** Node would connect to an address, whatever family says. */
function checkFamily(hostname: string, { family, localAddress }: ResolvedOptions): void {
  const given = isIP(hostname);
  if (given === 0 || family === 0 || given === family) return;
  const because = localAddress === undefined ? `the option family is ${family}` : `localAddress ${localAddress} is an IPv${family} address`;
  throw new DialError('ERR_DIAL', `${hostname} is an IPv${given} address, and ${because}`);
}
