/** Owns the `proxyConnectHeaders` option: the fields of a CONNECT. */
import { callAwaited } from '../conn/index.js';
import { checkReserved, Headers, RequestError, show, type HeadersInit } from '../wire/index.js';
import type { ProxyServer } from './proxy-server.js';

/** The fields, or a function that gives them for each CONNECT: Go's `ProxyConnectHeader` and `GetProxyConnectHeader`. */
export type ProxyConnectHeaders = HeadersInit | ((proxy: URL, target: string) => HeadersInit | null | PromiseLike<HeadersInit | null>);

/** Gives the fields of one CONNECT to `target`, which is `host:port`. Rejects with what the request is to fail with. */
export type ConnectHeaders = (proxy: ProxyServer, target: string) => Promise<Headers | null>;

/** @throws RequestError (`ERR_INVALID_HEADER`) for fields that can't be sent */
export function connectHeaders(option: ProxyConnectHeaders | null | undefined): ConnectHeaders {
  if (typeof option === 'function') return async (proxy, target) => checked(await callAwaited('proxyConnectHeaders', () => option(proxy.url, target)));
  const headers = checked(option);
  return () => Promise.resolve(headers);
}

function checked(init: HeadersInit | null | undefined): Headers | null {
  if (init === undefined || init === null) return null;
  if (typeof init !== 'object') throw new RequestError('ERR_INVALID_HEADER', `proxyConnectHeaders are headers or a function that returns them, not ${typeof init === 'string' ? 'a string' : show(init)}`);
  const headers = new Headers(init);
  checkReserved(headers, 0);
  if (headers.has('host')) throw new RequestError('ERR_INVALID_HEADER', 'the Host of a CONNECT is what it connects to (RFC 9110 section 7.2); leave it out');
  return headers;
}
