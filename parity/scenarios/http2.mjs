// HTTP/2: one connection serves all requests to a host, each on a stream of its own. In Go, a connection has one
// goroutine (`readLoop`), and a stream has one (`doRequest`) from the request until both sides have ended it.
import { burst, closeAll, closeIdle, count, head, post, readAll, request, wait, withOptions } from './steps.mjs';

/** More than a server may send of a body that nobody reads: Go gives a stream 4 MiB. */
const large = '/bytes/10000000';
const page = '/bytes/50000';
const used = { read: 'all', close: true };

const over = (id, why, ...steps) => withOptions({ http2: true }, `h2-${id}`, why, ...steps);
const overWith = (transport, id, why, ...steps) => withOptions({ http2: true, ...transport }, `h2-${id}`, why, ...steps);

const reading = [
  over('read', 'one connection, and no stream is left', request(page, { times: 6, read: 'all' }), count),
  over('unread', 'a body that has come in full has no stream any more, read or not', request(page, { times: 6 }), count, closeAll, count),
  over('unread-large', 'a body that does not fit into the window holds its stream, and only that', request(large, { times: 6 }), count, closeAll, count),
  over('closed-early', 'a stream that is reset leaves the connection as it was', request(large, { times: 6, read: 10, close: true }), count),
  over('half-read', 'ten bytes make no room for the rest', request(large, { times: 3, read: 10 }), count, closeAll, count),
  over('late-read', 'read to the end later', request(large, { times: 3 }), count, readAll, count),
  over('read-closed', 'read to EOF and closed', request(page, { times: 4, ...used }), count),
  over('empty', 'no body', request('/bytes/0', { times: 4 }), count),
  over('status-204', 'no body by status', request('/status/204', { times: 4 }), count),
  over('status-404', 'not found, and no body', request('/status/404', { times: 4 }), count),
  over('head', 'HEAD of a large resource', head(large, { times: 4 }), count),
  over('chunked-unread', 'pieces, each flushed, unread', request('/chunked/20000', { times: 3 }), count, closeAll, count),
  over('chunked-read', 'pieces, each flushed, read', request('/chunked/20000', { times: 3, read: 'all' }), count),
  over('chunked-empty-unread', 'a body of no bytes whose end comes by itself', request('/chunked/0', { times: 3 }), count),
  over('gzip-unread', 'gzip undone on the way, unread', request('/gzip/50000', { times: 3 }), count),
  over('gzip-read', 'gzip undone on the way, read', request('/gzip/50000', { times: 3, read: 'all' }), count),
  over('post', 'a request with a body', post(page, 1000, { times: 4, ...used }), count),
  over('post-large', 'a request with a body larger than every window', post(page, 3000000, { times: 2, ...used }), count),
  over('redirect', 'three hops on one connection', request('/redirect/3', { times: 2, read: 'all' }), count),
  over('stall-unread', 'a body that never goes on, unread', request('/stall/5000', { times: 3 }), count, closeAll, count),
  over('stall-some', 'a body that never goes on, read as far as it came', request('/stall/5000', { times: 3, read: 5000 }), count, closeAll, count),
  over('stall-complete', 'all bytes came and were read, but not the end of the stream', request('/stall/100000', { times: 2, read: 100000 }), count, closeAll, count),
];

const together = [
  over('burst-read', 'eight at once dial eight connections, and the first one serves all', burst(8, used), count),
  over('burst-unread', 'eight at once, unread', burst(8), count),
  over('burst-twice', 'a second burst dials nothing', burst(8, used), count, burst(8, used), count),
  over('burst-after-leak', 'held streams are not in the way', request(large, { times: 3 }), burst(8, used), count, closeAll, count),
  over('three-hosts', 'a connection for each host', ...[0, 1, 2].map((host) => request(page, { host, read: 'all' })), count),
  over('three-hosts-unread', 'streams held at three hosts', ...[0, 1, 2].map((host) => request(large, { host, times: 2 })), count, closeAll, count),
  over('more-streams-than-allowed', 'the server allows 250: the next dials another connection', request('/stall/10', { times: 252 }), count, closeAll, count),
];

const ending = [
  over('close-idle', 'an idle connection ends', request(page, { read: 'all' }), count, closeIdle, count),
  over('close-idle-unread', 'a connection without a stream ends, though its bodies are not read', request(page, { times: 3 }), wait(200), closeIdle, count, readAll, count),
  over('close-idle-held', 'a connection with a stream stays', request(large, { times: 2 }), closeIdle, count, closeAll, count),
  over('close-idle-forgotten', 'it stays then, although it was busy when the idle ones were closed', request(large, { times: 2 }), closeIdle, closeAll, request(page, { read: 'all' }), count),
  overWith({ disableKeepAlives: true }, 'no-keep-alive', 'a connection for each request', request(page, { times: 3, read: 'all' }), count),
  overWith({ disableKeepAlives: true }, 'no-keep-alive-unread', 'a body that has come in full does not hold its connection', request(page, { times: 3 }), count),
  overWith({ disableKeepAlives: true }, 'no-keep-alive-held', 'a large one does', request(large, { times: 3 }), count, closeAll, count),
  over('client-closes', 'Connection: close ends the connection after the stream', request(page, { times: 3, read: 'all', connectionClose: true }), count),
  over('client-closes-held', 'a held stream delays that, and the next request dials', request(large, { connectionClose: true }), request(page, { read: 'all' }), count, closeAll, count),
  overWith({ idleConnTimeoutMs: 100 }, 'idle-timeout', 'an idle connection ends by itself', request(page, { read: 'all' }), wait(300), count),
  overWith({ idleConnTimeoutMs: 100 }, 'idle-timeout-held', 'a held stream keeps it', request(large, { times: 2 }), wait(300), count, closeAll, wait(300), count),
  overWith({ maxIdleConnsPerHost: -1 }, 'none-idle-per-host', 'the limits on idle connections are those of HTTP/1.1', request(page, { times: 2, read: 'all' }), count),
  overWith({ maxIdleConns: 1 }, 'one-idle', 'three hosts, one idle connection allowed', ...[0, 1, 2].map((host) => request(page, { host, read: 'all' })), count),
  overWith({ maxConnsPerHost: 1 }, 'one-conn', 'one connection is enough for many streams', request(large, { times: 3 }), request(page, { times: 3, read: 'all' }), count, closeAll, count),
];

const cancelled = [
  over('hang-cancelled', 'no answer, cancelled', request('/hang/x', { times: 3, cancelMs: 100 }), count),
  over('hang-cancelled-parallel', 'five without an answer, cancelled together', request('/hang/x', { times: 5, parallel: true, cancelMs: 150 }), count),
  over('hang-post-cancelled', 'a large POST without an answer', post('/hang/x', 200000, { times: 2, cancelMs: 150 }), count),
  over('stall-read-cancelled', 'a read that waits for more is cancelled', request('/stall/5000', { times: 2, read: 'all', cancelMs: 150 }), count),
  over('unread-cancelled', 'unread, cancelled', request(page, { times: 3, cancelMs: 300 }), wait(400), count),
  over('unread-large-cancelled', 'a held stream is released by cancelling', request(large, { times: 3, cancelMs: 500 }), wait(700), count),
  over('cancel-one-of-two', 'the others keep their streams', request(large, { times: 2 }), request(large, { times: 2, cancelMs: 500 }), wait(700), count, closeAll, count),
  over('cancel-after-eof', 'cancelled after EOF', request(page, { times: 3, read: 'all', cancelMs: 300 }), wait(400), count),
];

const tunnelled = ['http', 'socks5'].flatMap((proxy) => {
  const through = (id, why, ...steps) => overWith({ proxy }, `${proxy === 'http' ? 'connect' : 'socks'}-${id}`, why, ...steps);
  return [
    through('read', 'one tunnel, and all requests in it', request(page, { times: 6, ...used }), count, closeIdle, count),
    through('unread', 'bodies that have come in full hold nothing', request(page, { times: 3 }), count, closeAll, count),
    through('unread-large', 'a body that does not fit into the window holds its stream in the tunnel', request(large, { times: 3 }), count, closeAll, count),
    through('two-hosts', 'a tunnel for each host', request(page, { times: 2, ...used }), request(page, { host: 1, times: 2, ...used }), count),
    through('hang-cancelled', 'no answer, cancelled', request('/hang/x', { times: 2, cancelMs: 150 }), count),
  ];
});

export const http2 = [...reading, ...together, ...ending, ...cancelled, ...tunnelled];
