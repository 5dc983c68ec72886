// Requests that do not end by themselves, and many at once: cancelling in every
// state a request can be in, and bursts whose bodies are read, closed or left.
import { burst, closeAll, closeIdle, count, head, post, readAll, request, scenario, wait } from './steps.mjs';

const page = '/bytes/50000';
const used = { read: 'all', close: true };

const cancelled = [
  scenario('hang-cancelled', 'no answer: cancelling ends the connection', request('/hang/x', { times: 3, cancelMs: 100 }), count),
  scenario('hang-cancelled-parallel', 'five without an answer, cancelled together', request('/hang/x', { times: 5, parallel: true, cancelMs: 150 }), count),
  scenario('hang-cancelled-pooled', 'the pooled connection is spent on the one that hangs', request(page, { read: 'all' }), count, request('/hang/x', { cancelMs: 100 }), count),
  scenario('hang-cancelled-three-hosts', 'one without an answer at each host', ...[0, 1, 2].map((host) => request('/hang/x', { host, cancelMs: 100 })), count),
  scenario('hang-head-cancelled', 'a HEAD without an answer', head('/hang/x', { cancelMs: 100 }), count),
  scenario('hang-post-cancelled', 'a POST without an answer', post('/hang/x', 1000, { times: 2, cancelMs: 100 }), count),
  scenario('hang-post-large-cancelled', 'a large POST without an answer', post('/hang/x', 200000, { times: 2, cancelMs: 150 }), count),
  scenario('hang-then-request', 'after a cancelled one the next dials and is kept', request('/hang/x', { cancelMs: 100 }), request(page, { times: 2, ...used }), count),
  scenario('stall-unread', 'half a body that never goes on, unread', request('/stall/5000', { times: 3 }), count),
  scenario('stall-closed', 'half a body that never goes on, closed', request('/stall/5000', { times: 3, close: true }), count),
  scenario('stall-read-what-came', 'everything that came was read; the end never does', request('/stall/5000', { times: 3, read: 5000 }), count, closeAll, count),
  scenario('stall-read-some', 'ten bytes of what came', request('/stall/5000', { times: 3, read: 10 }), count),
  scenario('stall-read-cancelled', 'a read that waits for more is cancelled', request('/stall/5000', { times: 2, read: 'all', cancelMs: 150 }), count),
  scenario('stall-read-cancelled-parallel', 'four reads that wait for more, cancelled together', request('/stall/5000', { times: 4, parallel: true, read: 'all', cancelMs: 200 }), count),
  scenario('stall-limited-read-cancelled', 'a limited read beyond what came is cancelled', request('/stall/5000', { times: 2, read: 6000, cancelMs: 150 }), count),
  scenario('stall-unread-cancelled', 'half a body, unread, cancelled', request('/stall/5000', { times: 3, cancelMs: 300 }), wait(400), count),
  scenario('stall-nothing-cancelled', 'a head and no byte of its body, cancelled while reading', request('/stall/0', { times: 2, read: 'all', cancelMs: 120 }), count),
  scenario('stall-nothing-unread', 'a head and no byte of its body', request('/stall/0', { times: 3 }), count),
  scenario('stall-complete', 'all of the length came: the server\'s handler hangs on, the connection is free', request('/stall/100000', { read: 'all' }), count),
  scenario('stall-cancelled-late-read', 'cancelled, and read afterwards: the connection is long gone', request('/stall/5000', { times: 2, cancelMs: 300 }), wait(400), readAll, count),
  scenario('cancel-after-eof', 'cancelled after EOF: the connection is no longer its own, and stays', request(page, { times: 3, read: 'all', cancelMs: 300 }), wait(400), count),
  scenario('cancel-after-close', 'cancelled after closing', request(page, { times: 3, close: true, cancelMs: 300 }), wait(400), count),
  scenario('cancel-after-head', 'cancelled after a HEAD was answered', head(page, { times: 3, cancelMs: 300 }), wait(400), count),
  scenario('cancel-half-read', 'cancelled half read', request(page, { times: 3, read: 25000, cancelMs: 300 }), wait(400), count),
  scenario('cancel-one-of-two', 'only what was cancelled is released', request(page, { times: 2 }), request(page, { times: 3, cancelMs: 300 }), wait(400), count, closeAll, count),
  scenario('cancel-tiny-unread', 'a body that has arrived in full is released by cancelling too', request('/bytes/5', { times: 4, cancelMs: 300 }), wait(400), count),
  scenario('cancel-chunked-unread', 'chunked, unread, cancelled', request('/chunked/20000', { times: 3, cancelMs: 300 }), wait(400), count),
  scenario('cancel-gzip-unread', 'gzipped, unread, cancelled', request('/gzip/50000', { times: 3, cancelMs: 300 }), wait(400), count),
  scenario('cancel-then-close', 'cancelled, then closed', request(page, { times: 3, cancelMs: 300 }), wait(400), closeAll, count),
  scenario('cancel-barrier', 'four wait for four that never come, and are cancelled', request('/barrier/8', { times: 4, parallel: true, cancelMs: 200 }), count, burst(4, used), count),
  scenario('cancel-no-keep-alive', 'cancelled on its way out', request('/close/50000', { times: 3, cancelMs: 300 }), wait(400), count),
];

const parallel = [
  scenario('burst-unread', '8 at once, unread', burst(8), count),
  scenario('burst-closed', '8 at once, closed unread', burst(8, { close: true }), count),
  scenario('burst-partial', '8 at once, ten bytes each', burst(8, { read: 10 }), count),
  scenario('burst-exact', '8 at once, each read by exactly its length', burst(8, { read: 5000 }), count),
  scenario('burst-late-read', '8 at once, read late: two stay', burst(8), count, readAll, count),
  scenario('burst-late-close', '8 at once, closed late', burst(8), count, closeAll, count),
  scenario('burst-close-idle', '8 at once, the idle ones closed', burst(8, used), closeIdle, count),
  scenario('burst-twice', 'a second burst reuses two and dials six', burst(8, used), count, burst(8, used), count),
  scenario('burst-head', '8 HEADs at once', burst(8, { method: 'HEAD' }), count),
  scenario('burst-of-one', 'a burst of one', burst(1, used), count),
  scenario('burst-fifty-unread', '50 at once, unread', burst(50), count, closeAll, count),
  scenario('burst-fifty-read', '50 at once, read', burst(50, used), count),
  scenario('burst-after-leak', 'pinned connections do not count against a burst', request(page, { times: 3 }), burst(4, used), count),
];

export const cancelling = [...cancelled, ...parallel];
