// Which connections are kept, shared, limited and ended: the idle pool, the
// limits, the waiters, the idle timeout, closeIdleConnections, several hosts.
import { burst, closeAll, closeIdle, count, head, post, readAll, request, scenario, wait, withOptions } from './steps.mjs';

const page = '/bytes/50000';
const used = { read: 'all', close: true };

const idlePerHost = [
  ...[-1, 1, 2, 3, 8, 100].map((max) =>
    withOptions({ maxIdleConnsPerHost: max }, `idle-per-host-${max < 0 ? 'none' : max}`, `8 at once, all read, maxIdleConnsPerHost ${max}`, burst(8, used), count)),
  withOptions({ maxIdleConnsPerHost: -1 }, 'idle-none-sequential', 'nothing may stay idle: each request dials', request(page, { times: 5, read: 'all' }), count),
  withOptions({ maxIdleConnsPerHost: -1 }, 'idle-none-unread', 'nothing may stay idle, but what is unread stays', request(page, { times: 3 }), count, readAll, count),
  withOptions({ maxIdleConnsPerHost: -1 }, 'idle-none-head', 'nothing may stay idle, and a HEAD has nothing to read', head(page, { times: 3 }), count),
  withOptions({ maxIdleConnsPerHost: 1 }, 'idle-one-late', 'five read late, one may stay', request(page, { times: 5 }), count, readAll, count),
  withOptions({ maxIdleConnsPerHost: 8 }, 'idle-eight-late', 'five read late, all may stay', request(page, { times: 5 }), count, readAll, count),
  withOptions({ maxIdleConnsPerHost: 8 }, 'idle-eight-two-bursts', 'a second burst reuses all eight', burst(8, used), count, burst(8, used), count),
  withOptions({ maxIdleConnsPerHost: 8 }, 'idle-eight-burst-leaks', 'an unread burst pins the eight, the next one eight more; read late, eight may stay',
    burst(8, used), count, burst(8), count, burst(8), count, readAll, count),
  withOptions({ maxIdleConnsPerHost: 100 }, 'idle-hundred', 'a hundred at once, all kept', burst(100, used), count, closeIdle, count),
];

const idleOverall = [
  withOptions({ maxIdleConns: 1 }, 'idle-overall-one', 'three hosts, one idle connection in all: the oldest goes', ...[0, 1, 2].map((host) => request(page, { host, ...used })), count),
  withOptions({ maxIdleConns: 2 }, 'idle-overall-two', 'three hosts, two idle connections in all', ...[0, 1, 2].map((host) => request(page, { host, ...used })), count),
  withOptions({ maxIdleConns: 0 }, 'idle-overall-unlimited', '0 is no limit over all hosts', ...[0, 1, 2].map((host) => request(page, { host, ...used })), count),
  withOptions({ maxIdleConns: 3, maxIdleConnsPerHost: 8 }, 'idle-overall-three-burst', '8 at once to one host: the limit over all hosts holds too', burst(8, used), count),
  withOptions({ maxIdleConns: 1 }, 'idle-overall-busy', 'what is busy does not count as idle', request(page, { host: 0 }), request(page, { host: 1 }), request(page, { host: 2, ...used }), count, readAll, count),
  withOptions({ maxIdleConns: 2, maxIdleConnsPerHost: 2 }, 'idle-overall-evicts-other-host', 'a burst to one host evicts the idle connection of another', request(page, used), burst(4, { host: 1, ...used }), count, request(page, used), count),
];

const perHostLimit = [
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-sequential', 'one connection serves five requests in turn', request(page, { times: 5, read: 'all' }), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-parallel', 'five at once queue for the one connection', request(page, { times: 5, parallel: true, ...used }), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-closed-early', 'five at once, each torn down: the next dials', request(page, { times: 5, parallel: true, close: true }), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-connection-close', 'each request ends its connection: the next dials', request(page, { times: 4, read: 'all', connectionClose: true }), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-redirects', 'each hop gives the one connection back before the next', request('/redirect/3', used), count),
  withOptions({ maxConnsPerHost: 1, disableKeepAlives: true }, 'limit-one-no-keep-alive', 'five at once queue, each dials', request(page, { times: 5, parallel: true, ...used }), count),
  withOptions({ maxConnsPerHost: 1, maxIdleConnsPerHost: -1 }, 'limit-one-idle-none', 'a queue and no pool: the connection is handed to the next waiter or ended', request(page, { times: 5, parallel: true, ...used }), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-three-hosts', 'the limit is per host', ...[0, 1, 2].map((host) => request(page, { host })), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-stuck', 'one unread response and every later request times out waiting', request(page), request(page, { times: 3, cancelMs: 120 }), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-stuck-freed', 'closing what holds it lets the next one pass', request(page), request(page, { cancelMs: 120 }), closeAll, request(page, used), count),
  withOptions({ maxConnsPerHost: 1 }, 'limit-one-stuck-read', 'reading what holds it lets the next one pass, on the same connection', request(page), request(page, { cancelMs: 120 }), readAll, request(page, used), count),
  withOptions({ maxConnsPerHost: 2 }, 'limit-two-waiters-cancelled', 'three waiters give up; the two holders stay', request(page, { times: 2 }), request(page, { times: 3, parallel: true, cancelMs: 150 }), count, closeAll, count),
  withOptions({ maxConnsPerHost: 2 }, 'limit-two-bursts', 'six at once pass in pairs', request('/barrier/2', { times: 6, parallel: true, ...used }), count),
  withOptions({ maxConnsPerHost: 4 }, 'limit-four-idle-two', 'eight pass in two groups of four; two connections stay', request('/barrier/4', { times: 8, parallel: true, ...used }), count),
  withOptions({ maxConnsPerHost: 4, maxIdleConnsPerHost: 8 }, 'limit-four-idle-eight', 'eight pass in two groups of four; all four stay', request('/barrier/4', { times: 8, parallel: true, ...used }), count),
  withOptions({ maxConnsPerHost: 3 }, 'limit-three-hang', 'a hanging request gives its place back when cancelled', request('/hang/x', { times: 4, cancelMs: 100 }), request(page, { times: 2, ...used }), count),
  withOptions({ maxConnsPerHost: 2 }, 'limit-two-close-idle', 'ended idle connections free their places', burst(2, used), closeIdle, burst(2, used), count),
  withOptions({ maxConnsPerHost: 5 }, 'limit-above-need', 'a limit that is never met', request(page, { times: 4 }), count),
];

const timeout = [
  withOptions({ idleConnTimeoutMs: 100 }, 'idle-timeout', 'an idle connection ends after its time', request(page, { times: 3, read: 'all' }), wait(200), count),
  withOptions({ idleConnTimeoutMs: 3000 }, 'idle-timeout-not-yet', 'an idle connection whose time has not come', request(page, { times: 3, read: 'all' }), wait(100), count),
  withOptions({ idleConnTimeoutMs: 1000 }, 'idle-timeout-before-after', 'before and after', request(page, { times: 3, read: 'all' }), count, wait(1200), count),
  withOptions({ idleConnTimeoutMs: 100 }, 'idle-timeout-pinned', 'a pinned connection is not idle: no timeout ends it', request(page, { times: 2 }), wait(300), count),
  withOptions({ idleConnTimeoutMs: 100 }, 'idle-timeout-late', 'its time starts when it becomes idle', request(page, { times: 2 }), wait(200), count, readAll, wait(200), count),
  withOptions({ idleConnTimeoutMs: 800, maxIdleConnsPerHost: 8 }, 'idle-timeout-burst', 'eight end together', burst(8, used), count, wait(900), count),
  withOptions({ idleConnTimeoutMs: 400 }, 'idle-timeout-renewed', 'each use starts its time anew', request(page, used), wait(250), request(page, used), wait(250), request(page, used), wait(50), request(page), count),
  withOptions({ idleConnTimeoutMs: 100 }, 'idle-timeout-then-dial', 'after its time the next request dials', request(page, used), wait(300), request(page, { times: 2 }), count),
];

const closingIdle = [
  scenario('close-idle-nothing', 'nothing to close', closeIdle, count),
  scenario('close-idle-pinned', 'a pinned connection is not idle', request(page, { times: 3 }), closeIdle, count),
  scenario('close-idle-busy-then-read', 'busy when the idle ones were closed: ended when they would have become idle', request(page, { times: 3 }), closeIdle, count, readAll, count),
  scenario('close-idle-forgotten-by-next-request', 'the next request makes the pool keep connections again: two of three stay', request(page, { times: 3 }), closeIdle, request('/bytes/0'), count, readAll, count),
  scenario('close-idle-mixed', 'the idle one goes, the pinned ones stay', request(page, { times: 3 }), request(page, { read: 'all' }), count, closeIdle, count),
  scenario('close-idle-then-request', 'the next request dials and is kept', request(page, { read: 'all' }), closeIdle, request(page, { times: 3, read: 'all' }), count),
  scenario('close-idle-three-hosts', 'the idle connections of every host', ...[0, 1, 2].map((host) => request(page, { host, read: 'all' })), count, closeIdle, count),
  scenario('close-idle-twice', 'twice is once', request(page, { read: 'all' }), closeIdle, closeIdle, count),
  scenario('close-idle-then-close-all', 'pinned through closeIdle, then closed', request(page, { times: 3 }), closeIdle, closeAll, count),
  scenario('close-idle-half-read', 'half read when the idle ones were closed', request(page, { times: 2, read: 25000 }), closeIdle, count, readAll, count),
];

const hosts = [
  scenario('three-hosts-unread', 'a leak at each of three hosts', ...[0, 1, 2].map((host) => request(page, { host, times: 2 })), count, closeAll, count),
  scenario('three-hosts-mixed', 'one host read, one unread, one closed', request(page, { host: 0, times: 3, read: 'all' }), request(page, { host: 1, times: 3 }), request(page, { host: 2, times: 3, close: true }), count),
  scenario('two-hosts-burst', 'two idle connections a host stay by default', burst(8, used), burst(8, { host: 1, ...used }), count),
  scenario('three-hosts-post', 'POST to each', ...[0, 1, 2].map((host) => post('/bytes/5000', 100, { host, ...used })), count),
];

export const pooling = [...idlePerHost, ...idleOverall, ...perHostLimit, ...timeout, ...closingIdle, ...hosts];
