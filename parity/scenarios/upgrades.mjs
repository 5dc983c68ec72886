// Connections that leave HTTP by 101 (Switching Protocols) or by a CONNECT, and messages with trailers.
import { burst, closeAll, closeIdle, connect, count, head, post, readAll, request, scenario, upgrade, wait, withOptions } from './steps.mjs';

const switched = [
  scenario('upgrade-unread', 'after 101 both loops end: a connection that nobody takes over is no goroutine', upgrade('/upgrade/10', { times: 3 }), count),
  scenario('upgrade-closed', 'closing the body ends the connection', upgrade('/upgrade/10', { times: 3, close: true }), count),
  scenario('upgrade-read', 'reading from it starts nothing', upgrade('/upgrade/10', { times: 3, read: 10 }), count),
  scenario('upgrade-read-less', 'reading some of what came starts nothing either', upgrade('/upgrade/5000', { times: 3, read: 10 }), count, closeAll, count),
  scenario('upgrade-nothing-behind', 'a server that says nothing after 101', upgrade('/upgrade/0', { times: 3 }), count, closeAll, count),
  scenario('upgrade-read-closed', 'read and closed', upgrade('/upgrade/10', { times: 2, read: 10, close: true }), count),
  scenario('upgrade-closed-later', 'closed after a count', upgrade('/upgrade/10', { times: 4 }), count, closeAll, count),
  scenario('upgrade-parallel', 'five at once', upgrade('/upgrade/10', { times: 5, parallel: true }), count),
  scenario('upgrade-takes-the-idle-one', 'an upgrade takes the pooled connection out of the pool for ever', request('/bytes/5000', { read: 'all' }), count, upgrade('/upgrade/10'), count, request('/bytes/5000', { read: 'all' }), count),
  scenario('upgrade-beside-others', 'pooled and pinned connections are not touched', burst(3, { read: 'all' }), request('/bytes/5000'), upgrade('/upgrade/10'), count),
  scenario('upgrade-close-idle', 'it is not idle, and CloseIdleConnections does not see it', request('/bytes/5000', { read: 'all' }), upgrade('/upgrade/10'), closeIdle, count),
  scenario('upgrade-close-idle-others', 'CloseIdleConnections ends the others', burst(3, { read: 'all' }), upgrade('/upgrade/10'), count, closeIdle, count),
  scenario('upgrade-cancelled-later', 'the context of the request means nothing after 101', upgrade('/upgrade/10', { cancelMs: 100 }), wait(200), count),
  scenario('upgrade-client-closes', 'Request.Close changes nothing', upgrade('/upgrade/10', { times: 2, connectionClose: true }), count),
  withOptions({ disableKeepAlives: true }, 'upgrade-no-keep-alive', 'nor do DisableKeepAlives', upgrade('/upgrade/10', { times: 2 }), count),
  withOptions({ maxConnsPerHost: 1 }, 'upgrade-frees-the-limit', 'it counts against no limit: the next request may dial', upgrade('/upgrade/10'), count, request('/bytes/5000', { read: 'all' }), count),
  withOptions({ maxConnsPerHost: 2 }, 'upgrade-frees-the-limit-often', 'as often as one likes', upgrade('/upgrade/10', { times: 4 }), count, request('/bytes/5000'), count),
  scenario('upgrade-two-hosts', 'on two hosts', upgrade('/upgrade/10'), upgrade('/upgrade/10', { host: 1 }), request('/bytes/5000', { host: 1, read: 'all' }), count),
  scenario('upgrade-hang-cancelled', 'cancelled before 101', upgrade('/hang/x', { cancelMs: 100 }), count),
];

const refused = [
  scenario('upgrade-refused-200-unread', 'a server that passes over the upgrade answers as usual: unread, it pins', upgrade('/bytes/5000', { times: 3 }), count),
  scenario('upgrade-refused-200-read', 'read to EOF, it is pooled', upgrade('/bytes/5000', { times: 3, read: 'all' }), count),
  scenario('upgrade-refused-200-closed', 'closed early, it is gone', upgrade('/bytes/5000', { times: 3, close: true }), count),
  scenario('upgrade-refused-426-unread', '426 Upgrade Required has a body as any other', upgrade('/refuse/426', { times: 3 }), count),
  scenario('upgrade-refused-426-read', '426, read to EOF', upgrade('/refuse/426', { times: 3, read: 'all' }), count),
  scenario('upgrade-refused-426-empty', '426 without a body', request('/upgrade/10', { times: 3 }), count),
  scenario('upgrade-refused-503-closed', '503, closed early', upgrade('/refuse/503', { times: 2, close: true }), count),
  scenario('upgrade-refused-then-taken', 'the pooled connection of a refusal serves the next attempt', upgrade('/refuse/426', { read: 'all' }), count, upgrade('/upgrade/10'), count),
  scenario('upgrade-redirected', 'a redirect carries the fields along', upgrade('/redirect/1', { read: 'all' }), count),
  scenario('upgrade-head', 'HEAD and 200: no body, back in the pool', head('/bytes/5000', { upgrade: true, times: 2 }), count),
];

const tunnels = [
  scenario('tunnel-unread', 'the body of a tunnel pins both loops', connect('open.test:10', { times: 3 }), count),
  scenario('tunnel-closed', 'closing it ends the tunnel', connect('open.test:10', { times: 3, close: true }), count),
  scenario('tunnel-read', 'read in part, it is pinned as long as the tunnel is open', connect('open.test:10', { times: 2, read: 10 }), count, closeAll, count),
  scenario('tunnel-close-idle', 'it is not idle', connect('open.test:10'), closeIdle, count),
  scenario('tunnel-beside-others', 'the next request needs a connection of its own', request('/bytes/5000', { read: 'all' }), connect('open.test:10'), count, request('/bytes/5000', { read: 'all' }), count),
  scenario('tunnel-refused-unread', 'CONNECT to a plain server, refused: unread, it pins', connect('closed.test:1', { times: 3 }), count),
  scenario('tunnel-refused-read', 'read to EOF, it is pooled', connect('closed.test:1', { times: 3, read: 'all' }), count),
  scenario('tunnel-refused-closed', 'closed early, it is gone', connect('closed.test:1', { times: 3, close: true }), count),
  scenario('tunnel-refused-then-open', 'the pooled connection of a refusal serves the next attempt', connect('closed.test:1', { read: 'all' }), connect('open.test:10'), count),
];

const trailing = [
  scenario('trailers-unread', 'a body with trailers pins as any other', request('/trailers/5000', { times: 3 }), count),
  scenario('trailers-read', 'read to EOF with its trailers, it is pooled', request('/trailers/5000', { times: 3, read: 'all' }), count),
  scenario('trailers-closed', 'closed early, it is gone', request('/trailers/5000', { times: 3, close: true }), count),
  scenario('trailers-partial-late-read', 'read to its trailers later', request('/trailers/5000', { times: 2, read: 1000 }), count, readAll, count),
  scenario('trailers-only', 'trailers without a body still have an end to be read', request('/trailers/0', { times: 2 }), count, readAll, count),
  scenario('trailers-sent', 'a chunked request with trailers', post('/bytes/5000', 5000, { trailers: true, times: 2, read: 'all' }), count),
  scenario('trailers-sent-unread', 'a chunked request with trailers, its response unread', post('/bytes/5000', 5000, { trailers: true, times: 2 }), count),
];

export const upgrades = [...switched, ...refused, ...tunnels, ...trailing];
