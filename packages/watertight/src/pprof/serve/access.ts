/**
 * Owns the decision who may read the profiles. They show what a program does and with whom it communicates,
 * so by default only this machine may read them, and no web page in a browser on it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Options that decide who may read the profiles. */
export interface AccessOptions {
  /** Whether other machines are answered too; requires `token`. Default false. */
  readonly allowRemote?: boolean;
  /** The token that a reader must send as `Authorization: Bearer …`. Default none. */
  readonly token?: string;
  /**
   * Names, without a port, that the Host field may have besides `localhost` and loopback addresses, for
   * readers that use another name. Not needed with a token. Default none.
   */
  readonly hosts?: readonly string[];
}

/** What is known of the reader. */
export interface Caller {
  /** The address of the other end of the connection; null if unknown. */
  readonly remoteAddress: string | null;
  /** The Host field; null if there is none. */
  readonly host: string | null;
  readonly authorization: string | null;
  /** True if a proxy passes on the request of another machine: it has `Forwarded`, `X-Forwarded-For` or a similar field. */
  readonly forwarded: boolean;
}

/** The status and text with which a reader is refused. */
export interface Refusal {
  /** For those who say it in their own words. */
  readonly cause: 'unknown address' | 'proxy' | 'other machine' | 'other name' | 'no token' | 'wrong token';
  readonly status: 401 | 403;
  readonly text: string;
}

/** The fields with which proxies name the original client. Their values are not trusted; their presence is enough. */
export const FORWARDING_FIELDS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'x-forwarded-host', 'via'];

/** Decides who may read. Pure: the answer depends only on the caller. */
export class Access {
  readonly #token: Buffer | null;
  readonly #allowRemote: boolean;
  readonly #hosts: ReadonlySet<string>;

  /** @throws TypeError for an unknown or invalid option, and for options that allow more than was probably meant. */
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

  /** Null if the caller may read, otherwise the refusal. */
  check(caller: Caller): Refusal | null {
    const { remoteAddress } = caller;
    if (!this.#allowRemote && this.#token === null) {
      if (remoteAddress === null) return { cause: 'unknown address', status: 403, text: 'the address of the caller is not known here, and profiles are served to this machine only; set a token, or pass the address on' };
      if (caller.forwarded) return { cause: 'proxy', status: 403, text: 'a proxy asks for somebody else, and profiles are served to this machine only; set allowRemote and a token' };
    }
    if (!this.#allowRemote && remoteAddress !== null && !isLoopback(remoteAddress)) {
      return { cause: 'other machine', status: 403, text: 'profiles are served to this machine only; set allowRemote and a token to read them from others' };
    }
    if (this.#token !== null) return this.#checkToken(caller.authorization);
    if (!this.#isOurs(caller.host)) {
      // A web page could let its own name resolve to 127.0.0.1 and so read the profiles through a browser on this
      // machine.
      return { cause: 'other name', status: 403, text: 'profiles are served as localhost only; list the name under hosts, or set a token' };
    }
    return null;
  }

  #checkToken(authorization: string | null): Refusal | null {
    const given = /^bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), this.#token!)) return null;
    return { cause: given === undefined ? 'no token' : 'wrong token', status: 401, text: given === undefined ? 'a token is needed: Authorization: Bearer ...' : 'the token is not the right one' };
  }

  #isOurs(host: string | null): boolean {
    // Only HTTP/1.0 has no Host field, and browsers do not use it.
    if (host === null) return true;
    const name = /^(\[.*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase())?.[1];
    if (name === undefined) return false;
    return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name.replace(/^\[|\]$/g, '')) || this.#hosts.has(name);
  }
}

/** Whether an address is in 127.0.0.0/8 or is ::1, also as IPv4 in IPv6. */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/i.test(address) || address === '::1' || /^(?:0{1,4}:){7}0{0,3}1$/.test(address);
}

/** Digests have equal length, so the comparison always takes the same time. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
