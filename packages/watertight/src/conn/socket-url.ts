/** Owns the URLs of servers that listen on a Unix socket: which texts are such URLs, and what they name. */
import { RequestError, show } from '../wire/index.js';

/** What such a URL names. */
export interface SocketUrl {
  readonly scheme: 'http' | 'https';
  /** The path of the socket in the file system, decoded. */
  readonly socketPath: string;
  /** Path, query and fragment of the request, as the URL has them. */
  readonly request: string;
  /** What every URL of this socket begins with: `http://unix:/path/to.sock:`. */
  readonly prefix: string;
}

/** The path of a socket has so many bytes at most, with a zero behind it (`sun_path`). A Windows pipe is no socket. */
export const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : process.platform === 'win32' ? Infinity : 103;

/** The two beginnings. A host that is called `unix` has a port behind its colon, or no colon. */
const BEGINNING = /^(?:unix:|(https?):\/\/unix:(?=\/))/i;

/** The path of the socket, then the request behind a colon. Two slashes begin the name of a host, but for a Windows pipe (`//./pipe/name`). */
const PATHS = /^((?:\/\/\.)?\/(?!\/)[^:?#]*)(?::(\/.*)?)?$/;

/**
 * Takes `http://unix:/path/to.sock:/request`, the same with `https`, and `unix:/path/to.sock:/request`,
 * which is http, with or without two more slashes. Without a request, it is `/`. In the path of the
 * socket, `:`, `?`, `#` and `%` are percent-encoded, and any other character may be.
 * A URL object counts only if its scheme is `unix`: the URL standard drops the colon of the other form.
 *
 * @returns null: it is another URL
 * @throws RequestError (`ERR_INVALID_URL`)
 */
export function parseSocketUrl(url: string | URL): SocketUrl | null {
  if (typeof url !== 'string') {
    if (!(url instanceof URL) || url.protocol !== 'unix:') return null;
    return parseSocketUrl(url.href);
  }
  const text = url.trim();
  const beginning = BEGINNING.exec(text);
  if (beginning === null) return null;
  const rest = text.slice(beginning[0].length);
  // `unix:///run/x.sock`, too; but a Windows pipe has two slashes of its own.
  const parts = PATHS.exec(beginning[1] === undefined && rest.startsWith('///') ? rest.slice(2) : rest);
  const socketPath = parts === null ? null : decode(parts[1]);
  if (socketPath === null || socketPath.length < 2 || socketPath.includes('\0')) {
    throw new RequestError('ERR_INVALID_URL', `${show(text)} is not the URL of a Unix socket; it looks like http://unix:/path/to.sock:/request or unix:/path/to.sock:/request, with an absolute path in which : ? # and % are percent-encoded`);
  }
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) throw new RequestError('ERR_INVALID_URL', `the path of the Unix socket in ${show(text)} has ${Buffer.byteLength(socketPath)} bytes, and the system allows ${MAX_SOCKET_PATH}`);
  const scheme = beginning[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  return { scheme, socketPath, request: parts![2] ?? '/', prefix: `${scheme}://unix:${encode(socketPath)}:` };
}

function encode(path: string): string {
  return encodeURI(path).replace(/[:?#]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
