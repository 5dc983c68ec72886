/** `watertight`: the HTTP client, with the connection lifecycle of Go's `net/http`. */
export { Client, closeIdleConnections, defaultClient, get, head, post, postForm, RedirectError, request, retry, useLastResponse } from './client/index.js';
export type { ClientOptions, CookieJar, FormFields, RedirectErrorCode, RetryAttempt, RetryNotice, RetryOptions } from './client/index.js';
export { createFetch, fetch, type FetchOptions } from './fetch/index.js';
export { Body, BodyError, ConnectionError, HookError, JsonError, Request, RequestBodyError, Response, TimeoutError } from './conn/index.js';
export type { BodyChunk, BodyErrorCode, BodyInit, BodyState, ClientTrace, CloseCause, ConnectionErrorCode, DnsDoneInfo, GotConnInfo, HookName, Network, OnProgress, Progress, RedirectMode, RequestInit, ResolvedAddress, SaveOptions, TimeoutPhase, TlsState, TrailersInit, TrailerValue } from './conn/index.js';
export { defaultTransport, DialError, goDefaults, Transport, TransportError } from './transport/index.js';
export type { ConnCounts, ConnHistory, DialErrorCode, DialTarget, HostStats, OldestHolder, RequestLike, RoundTripper, TransportErrorCode, TransportOptions, TransportStats } from './transport/index.js';
export { MockTransport } from './mock/index.js';
export type { MockAnswer, MockReply, MockRequest } from './mock/index.js';
export { ProxyError, proxyFromEnvironment } from './proxy/index.js';
export type { ProxyConnectHeaders, ProxyErrorCode, ProxyOption } from './proxy/index.js';
export { Headers, ProtocolError, RequestError, WatertightError } from './wire/index.js';
export type { HeadersInit, LenientName, ProtocolErrorCode, RequestErrorCode } from './wire/index.js';
