/** Owns what a person names a process by: its id, or the address of its inspector. */
import { BlockList, isIP } from 'node:net';
import { AttachError } from './attach-error.js';

export type Address = { readonly pid: number } | InspectorAddress;

export interface InspectorAddress {
  readonly host: string;
  readonly port: number;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Parses `4711` (a process), `9229` with a host (`127.0.0.1:9229`, `[::1]:9229`, `localhost:9229`), and
 * `inspect://127.0.0.1:9229`.
 *
 * @throws AttachError `remote` for another machine, unless `allowRemote`; TypeError for anything else.
 */
export function parseAddress(text: string, allowRemote = false): Address {
  if (/^[1-9]\d{0,9}$/.test(text)) return { pid: Number(text) };
  const match = /^(?:inspect:\/\/)?(\[[\da-f:.]+\]|[a-z\d.-]+):(\d{1,5})\/?$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port === 0 || port > 65_535) throw new TypeError(`${JSON.stringify(text)} is neither the id of a process, as in 4711, nor the address of an inspector, as in 127.0.0.1:9229`);
  const host = match[1].replace(/^\[|\]$/g, '');
  if (!allowRemote && !isLoopback(host)) {
    throw new AttachError('remote', `${host} is not this machine. An inspector has no password, and whoever reaches it may run any code in the process: forward its port to this machine instead (kubectl port-forward, ssh -L). --allow-remote asks it all the same`);
  }
  return { host, port };
}

function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host.toLowerCase() === 'localhost' : loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
