/** Owns the options that say from where, over what and to which addresses connections are made. */
import { isIP } from 'node:net';
import { MAX_SOCKET_PATH } from '../conn/index.js';
import { proxyFromEnvironment } from '../proxy/index.js';
import { show } from '../wire/index.js';
import { invalidOption } from './error.js';

/** These options. */
export interface ReachOptions {
  /**
   * The Unix socket, or the Windows pipe (`\\.\pipe\name`), over which all connections are made. The URL still
   * decides what is sent: `Host`, TLS and the name in the certificate. No proxy is used, and a request whose URL
   * names another Unix socket fails. Can't be combined with `dial`, `dialTls`, `lookup`, `proxy`, `localAddress`,
   * `family` or `autoSelectFamilyAttemptTimeout`. Default: none. docs/connections.md; Go has `DialContext` for it.
   */
  readonly socketPath?: string;
  /** The IP address of this machine that connections are made from, to proxies too. Only addresses of its family are connected to. Can't be combined with `dial`. Default: what the system chooses. Go's `Dialer.LocalAddr`. */
  readonly localAddress?: string;
  /** Connects only to IPv4 addresses (4) or only to IPv6 addresses (6), of a proxy too. A URL with an address of the other family fails with a DialError (`ERR_DIAL`). Can't be combined with `dial`. Default: 0, both. Go's networks `tcp4` and `tcp6`. */
  readonly family?: 0 | 4 | 6;
  /**
   * How long one address of a name is given before the next one is tried, in milliseconds, from 10 on: RFC 8305's
   * "happy eyeballs", as Node has it. `dialTimeout` is the limit on all of them. Can't be combined with `dial`.
   * Default: Node's own (`net.setDefaultAutoSelectFamilyAttemptTimeout`), mostly 250. Go's `Dialer.FallbackDelay` is 300.
   */
  readonly autoSelectFamilyAttemptTimeout?: number;
}

/** Other options that say how connections are made. */
type OtherWays = Partial<Record<'dial' | 'dialTls' | 'lookup' | 'proxy', unknown>>;

/** These options, checked. */
export interface Reach {
  /** Null: connections are made by TCP. */
  readonly socketPath: string | null;
  readonly localAddress: string | undefined;
  /** 0: both. */
  readonly family: 0 | 4 | 6;
  /** Undefined: Node's own. */
  readonly autoSelectFamilyAttemptTimeout: number | undefined;
  /** The option by which the program has a say in where connections go, so that a URL must not lead to a Unix socket past it; null: there is none. */
  readonly guard: 'socketPath' | 'lookup' | 'proxy' | null;
}

/** Options that are of no use where another one connects. */
const USELESS = {
  socketPath: ['dial', 'dialTls', 'lookup', 'proxy', 'localAddress', 'family', 'autoSelectFamilyAttemptTimeout'],
  dial: ['localAddress', 'family', 'autoSelectFamilyAttemptTimeout'],
} as const;

const WHY = {
  socketPath: 'connects to that socket alone, without names, addresses and proxies',
  dial: 'makes the connections itself',
} as const;

/** Nothing, 0 for both families and the environment's proxy are what holds without the option. */
function isGiven(options: ReachOptions & OtherWays, name: keyof (ReachOptions & OtherWays)): boolean {
  const value = options[name];
  return value !== undefined && value !== null && !(name === 'family' && value === 0) && !(name === 'proxy' && value === proxyFromEnvironment);
}

/** @throws TransportError (`ERR_INVALID_OPTION`) for a wrong value, or for options that contradict each other */
export function checkReach(options: ReachOptions & OtherWays): Reach {
  const socketPath = checkSocketPath(options.socketPath);
  const localAddress = checkLocalAddress(options.localAddress);
  const family = checkFamily(options.family);
  const autoSelectFamilyAttemptTimeout = checkAttemptTimeout(options.autoSelectFamilyAttemptTimeout);
  for (const connecting of ['socketPath', 'dial'] as const) {
    if (!isGiven(options, connecting)) continue;
    const useless = USELESS[connecting].find((name) => isGiven(options, name));
    if (useless !== undefined) throw invalidOption(`${useless} has no effect beside ${connecting}, which ${WHY[connecting]}; leave one of the two out`);
  }
  const ofLocal = localAddress === undefined ? 0 : (isIP(localAddress) as 4 | 6);
  if (ofLocal !== 0 && family !== 0 && family !== ofLocal) throw invalidOption(`localAddress ${localAddress} is an IPv${ofLocal} address, and family is ${family}; leave one of the two out`);
  const guard = (['socketPath', 'lookup', 'proxy'] as const).find((name) => isGiven(options, name)) ?? null;
  return { socketPath, localAddress, family: family === 0 ? ofLocal : family, autoSelectFamilyAttemptTimeout, guard };
}

function checkSocketPath(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '') throw invalidOption(`socketPath is the path of a Unix socket or a Windows pipe, such as '/run/app.sock', not ${show(value)}`);
  // A first zero byte is the mark of Linux's abstract names.
  if (value.includes('\0', 1)) throw invalidOption(`socketPath holds a zero byte, as ${show(value)} does, and no path can`);
  if (Buffer.byteLength(value) > MAX_SOCKET_PATH) throw invalidOption(`socketPath has ${Buffer.byteLength(value)} bytes, and the system allows ${MAX_SOCKET_PATH}; use a shorter path, or a relative one`);
  return value;
}

function checkLocalAddress(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || isIP(value) === 0) throw invalidOption(`localAddress is an IP address of this machine, such as '192.0.2.1', not ${show(value)}; a name is not resolved`);
  return value;
}

function checkFamily(value: unknown): 0 | 4 | 6 {
  if (value === undefined || value === null) return 0;
  if (value !== 0 && value !== 4 && value !== 6) throw invalidOption(`family is 4 for IPv4, 6 for IPv6 or 0 for both, not ${show(value)}`);
  return value;
}

/** The least that Node takes; it raises what is below, and does not say so. */
const MIN_ATTEMPT = 10;

function checkAttemptTimeout(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !(value >= MIN_ATTEMPT)) throw invalidOption(`autoSelectFamilyAttemptTimeout is a number of milliseconds from ${MIN_ATTEMPT} on, not ${show(value)}; leave it out for Node's own`);
  return Math.min(Math.ceil(value), 2 ** 31 - 1);
}
