/**
 * Owns who may read the profiles. They show what a program does and whom it
 * talks to, so the default is this machine, and nobody that a browser on it can
 * be talked into being.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface AccessOptions {
  /** Answer other machines too. Needs `token`. Default false. */
  readonly allowRemote?: boolean;
  /** What a reader must send as `Authorization: Bearer …`. Default none. */
  readonly token?: string;
  /**
   * Names that a Host field may have beside `localhost` and loopback addresses,
   * without a port: for those who read through a name of their own. A token
   * makes it needless. Default none.
   */
  readonly hosts?: readonly string[];
}

/** What is known of who asks. */
export interface Caller {
  /** The other end of the connection; null where it is not known. */
  readonly remoteAddress: string | null;
  /** The Host field. */
  readonly host: string | null;
  readonly authorization: string | null;
  /** A proxy says that it asks for somebody else: `Forwarded`, `X-Forwarded-For` or the like is there. */
  readonly forwarded: boolean;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly text: string;
}

/** Fields by which proxies say whom they ask for. What they say is not believed; that they say it is enough. */
export const FORWARDING_FIELDS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'x-forwarded-host', 'via'];

/** Decides who may read. Pure: the same caller gets the same answer. */
export class Access {
  readonly #token: Buffer | null;
  readonly #allowRemote: boolean;
  readonly #hosts: ReadonlySet<string>;

  /** @throws TypeError for an option that is none, or that opens more than was meant. */
  constructor({ allowRemote = false, token, hosts = [] }: AccessOptions) {
    if (typeof allowRemote !== 'boolean') throw new TypeError(`allowRemote is true or false, not a ${typeof allowRemote}`);
    if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))) throw new TypeError('token is a text of visible ASCII characters without spaces, because it is sent in a header field');
    if (!Array.isArray(hosts) || !hosts.every((host) => typeof host === 'string' && /^[^\s/@:]+$|^\[.*\]$/.test(host))) throw new TypeError('hosts is a list of host names without a port');
    if (allowRemote && token === undefined) {
      throw new TypeError('allowRemote needs a token: profiles show what the program does and whom it talks to, and everyone who reaches the port could read them. Set token, or leave allowRemote out and read them from this machine');
    }
    this.#allowRemote = allowRemote;
    this.#token = token === undefined ? null : digest(token);
    this.#hosts = new Set((hosts as string[]).map((host) => host.toLowerCase()));
  }

  /** Null if the caller may read. */
  check(caller: Caller): Refusal | null {
    const { remoteAddress } = caller;
    if (!this.#allowRemote && this.#token === null) {
      if (remoteAddress === null) return { status: 403, text: 'the address of the caller is not known here, and profiles are served to this machine only; set a token, or pass the address on' };
      if (caller.forwarded) return { status: 403, text: 'a proxy asks for somebody else, and profiles are served to this machine only; set allowRemote and a token' };
    }
    if (!this.#allowRemote && remoteAddress !== null && !isLoopback(remoteAddress)) {
      return { status: 403, text: 'profiles are served to this machine only; set allowRemote and a token to read them from others' };
    }
    if (this.#token !== null) return this.#checkToken(caller.authorization);
    if (!this.#isOurs(caller.host)) {
      // A page that points a name of its own at 127.0.0.1 would read the profiles in a browser on this machine.
      return { status: 403, text: 'profiles are served as localhost only; list the name under hosts, or set a token' };
    }
    return null;
  }

  #checkToken(authorization: string | null): Refusal | null {
    const given = /^bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), this.#token!)) return null;
    return { status: 401, text: given === undefined ? 'a token is needed: Authorization: Bearer ...' : 'the token is not the right one' };
  }

  #isOurs(host: string | null): boolean {
    // Only HTTP/1.0 leaves it out, and no browser does.
    if (host === null) return true;
    const name = /^(\[.*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase())?.[1];
    if (name === undefined) return false;
    return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name.replace(/^\[|\]$/g, '')) || this.#hosts.has(name);
  }
}

/** 127.0.0.0/8 and ::1, also as IPv4 in IPv6. */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/i.test(address) || address === '::1' || /^(?:0{1,4}:){7}0{0,3}1$/.test(address);
}

/** Of equal length for every token, so that the comparison takes the same time. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
