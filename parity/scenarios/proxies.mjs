// Requests through proxies, and over TLS without one: what is shared, what is pinned, and what a proxy that refuses,
// hangs or closes leaves behind. The proxy is the last of the server's ports, the hosts are the others.
import { burst, closeAll, closeIdle, count, head, post, readAll, request, wait, withOptions } from './steps.mjs';

const page = '/bytes/50000';
const used = { read: 'all', close: true };
const tls = { tls: true };

const http = { proxy: 'http' };
const https = { proxy: 'https' };
const socks = { proxy: 'socks5' };
const refusing = (proxy) => ({ ...proxy, proxyUser: 'refuse' });
const hanging = (proxy) => ({ ...proxy, proxyUser: 'hang' });
const closing = (proxy) => ({ ...proxy, proxyUser: 'close' });

const forwarded = [
  withOptions(http, 'proxy-read', 'three requests in turn share the one connection to the proxy', request(page, { times: 3, read: 'all' }), count),
  withOptions(http, 'proxy-unread', 'an unread body pins the connection to the proxy', request(page, { times: 3 }), count, closeAll, count),
  withOptions(http, 'proxy-closed', 'closed early: each connection to the proxy ends', request(page, { times: 3, close: true }), count),
  withOptions(http, 'proxy-half-read', 'half read, then read to the end: two connections stay', request(page, { times: 3, read: 25000 }), count, readAll, count),
  withOptions(http, 'proxy-two-hosts-share', 'two http origins share a connection', request(page, { host: 0, ...used }), request(page, { host: 1, ...used }), count),
  withOptions(http, 'proxy-two-hosts-idle', 'the limit of idle connections is the proxy\'s, not each origin\'s', request(page, { host: 0, times: 2 }), request(page, { host: 1, times: 2 }), count, readAll, count),
  withOptions(http, 'proxy-burst', '8 at once, two connections stay', burst(8, used), count),
  withOptions({ ...http, maxConnsPerHost: 1 }, 'proxy-limit-one', 'one connection for all http origins: the second waits until it is cancelled', request(page, { host: 0 }), request(page, { host: 1, cancelMs: 150 }), count, closeAll, count),
  withOptions(http, 'proxy-redirect', 'three hops over one connection', request('/redirect/3', used), count),
  withOptions(http, 'proxy-server-closes', 'the origin closes its connection, not the proxy', request('/close/50000', used), count),
  withOptions(http, 'proxy-post', 'a body through the proxy', post('/bytes/5000', 1000, used), count),
  withOptions(http, 'proxy-head', 'no body to read', head(page, { times: 2 }), count),
  withOptions(http, 'proxy-gzip', 'gzip through the proxy, unread and read', request('/gzip/50000'), request('/gzip/50000', used), count),
  withOptions(http, 'proxy-hang-cancelled', 'no answer from the origin: cancelling ends the connection to the proxy', request('/hang/x', { times: 2, cancelMs: 150 }), count),
  withOptions(http, 'proxy-stall-unread', 'half a body that never goes on', request('/stall/5000', { times: 2 }), count, closeAll, count),
  withOptions(http, 'proxy-close-idle', 'the idle connection to the proxy ends', request(page, used), count, closeIdle, count),
  withOptions({ ...http, idleConnTimeoutMs: 150 }, 'proxy-idle-timeout', 'the idle connection to the proxy ends after its time', request(page, used), wait(250), count),
  withOptions({ ...http, disableKeepAlives: true }, 'proxy-no-keep-alive', 'a connection for each request', request(page, { times: 2, read: 'all' }), request(page), count),
  withOptions(refusing(http), 'proxy-refuses', 'a refusal is a response, with a body to read', request(page, { times: 2 }), count, readAll, count),
  withOptions(closing(http), 'proxy-closes', 'the proxy ends the connection instead of an answer', request(page, { times: 2 }), count),
];

const tunnelled = [
  withOptions(http, 'connect-read', 'three https requests share a tunnel', request(page, { times: 3, read: 'all', ...tls }), count),
  withOptions(http, 'connect-unread', 'an unread body pins the tunnel', request(page, { times: 3, ...tls }), count, closeAll, count),
  withOptions(http, 'connect-closed', 'closed early: each tunnel ends', request(page, { times: 3, close: true, ...tls }), count),
  withOptions(http, 'connect-half-read', 'half read, then read to the end', request(page, { times: 3, read: 25000, ...tls }), count, readAll, count),
  withOptions(http, 'connect-two-hosts', 'each https origin has a tunnel of its own', request(page, { host: 0, ...used, ...tls }), request(page, { host: 1, ...used, ...tls }), count, closeIdle, count),
  withOptions(http, 'connect-and-forward', 'a tunnel does not serve http, and a forwarded connection not https', request(page, used), request(page, { ...used, ...tls }), count),
  withOptions(http, 'connect-burst', '8 at once through tunnels, two stay', burst(8, { ...used, ...tls }), count),
  withOptions(http, 'connect-redirect', 'three hops through one tunnel', request('/redirect/3', { ...used, ...tls }), count),
  withOptions(http, 'connect-hang-cancelled', 'no answer from the origin: cancelling ends the tunnel', request('/hang/x', { times: 2, cancelMs: 250, ...tls }), count),
  withOptions(http, 'connect-server-closes', 'the origin ends the tunnel after its response', request('/close/50000', { ...used, ...tls }), count),
  withOptions({ ...http, maxConnsPerHost: 1 }, 'connect-limit-one', 'a tunnel for each origin: the limit is not the proxy\'s', request(page, { host: 0, ...tls }), request(page, { host: 1, ...tls }), count),
  withOptions({ ...http, idleConnTimeoutMs: 150 }, 'connect-idle-timeout', 'an idle tunnel ends after its time', request(page, { ...used, ...tls }), wait(250), count),
  withOptions(refusing(http), 'connect-refused', 'the proxy refuses: an error, and nothing is left', request(page, { times: 3, ...tls }), count),
  withOptions(refusing(http), 'connect-refused-parallel', 'five refused at once', request(page, { times: 5, parallel: true, ...tls }), count),
  withOptions({ ...refusing(http), maxConnsPerHost: 1 }, 'connect-refused-limit-one', 'a refusal gives its place to the next', request(page, { times: 4, parallel: true, ...tls }), count),
  withOptions(closing(http), 'connect-proxy-closes', 'the proxy closes before it answers', request(page, { times: 3, ...tls }), count),
  withOptions(hanging(http), 'connect-cancelled', 'cancelled while the proxy does not answer', request(page, { times: 3, cancelMs: 150, ...tls }), count),
  withOptions(hanging(http), 'connect-cancelled-parallel', 'five cancelled together while the proxy does not answer', request(page, { times: 5, parallel: true, cancelMs: 200, ...tls }), count),
  withOptions({ ...hanging(http), maxConnsPerHost: 1 }, 'connect-cancelled-limit-one', 'three wait for one place, and all are cancelled', request(page, { times: 3, parallel: true, cancelMs: 200, ...tls }), count),
];

const overTls = [
  withOptions({}, 'tls-read', 'no proxy: three https requests share a connection', request(page, { times: 3, read: 'all', ...tls }), count),
  withOptions({}, 'tls-unread', 'no proxy: an unread body pins its connection', request(page, { times: 3, ...tls }), count, closeAll, count),
  withOptions(https, 'tls-proxy-read', 'a proxy spoken to over TLS, http and https: a connection each', request(page, { times: 2, read: 'all' }), request(page, { times: 2, read: 'all', ...tls }), count),
  withOptions(https, 'tls-proxy-unread', 'unread bodies over TLS, and over TLS within TLS', request(page, { times: 2 }), request(page, { times: 2, ...tls }), count, closeAll, count),
  withOptions(refusing(https), 'tls-proxy-refuses', 'refused over TLS', request(page, { times: 2, ...tls }), count),
  withOptions(hanging(https), 'tls-proxy-cancelled', 'cancelled while a proxy over TLS does not answer', request(page, { times: 2, cancelMs: 250, ...tls }), count),
];

const throughSocks = [
  withOptions(socks, 'socks-read', 'three requests share a connection', request(page, { times: 3, read: 'all' }), count),
  withOptions(socks, 'socks-unread', 'an unread body pins its connection', request(page, { times: 3 }), count, closeAll, count),
  withOptions(socks, 'socks-closed', 'closed early: each connection ends', request(page, { times: 3, close: true }), count),
  withOptions(socks, 'socks-two-hosts', 'each origin has a connection of its own, also for http', request(page, { host: 0, ...used }), request(page, { host: 1, ...used }), count),
  withOptions(socks, 'socks-tls', 'https: read, then unread', request(page, { times: 2, read: 'all', ...tls }), request(page, { times: 2, ...tls }), count, closeAll, count),
  withOptions(socks, 'socks-burst', '8 at once, two stay', burst(8, used), count),
  withOptions({ ...socks, proxyUser: 'somebody' }, 'socks-user', 'with a user name', request(page, { times: 2, ...used }), count),
  withOptions(refusing(socks), 'socks-refused', 'the proxy makes no connection: an error, and nothing is left', request(page, { times: 3 }), count),
  withOptions(closing(socks), 'socks-proxy-closes', 'the proxy closes before it answers', request(page, { times: 3 }), count),
  withOptions(hanging(socks), 'socks-cancelled', 'cancelled while the proxy does not answer', request(page, { times: 3, cancelMs: 150 }), count),
  withOptions(hanging(socks), 'socks-cancelled-parallel', 'five cancelled together', request(page, { times: 5, parallel: true, cancelMs: 200 }), count),
  withOptions(socks, 'socks-stall-cancelled', 'a read that waits for more is cancelled', request('/stall/5000', { times: 2, read: 'all', cancelMs: 250 }), count),
];

export const proxies = [...forwarded, ...tunnelled, ...overTls, ...throughSocks];
