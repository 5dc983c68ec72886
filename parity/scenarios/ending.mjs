// What a request or its answer says about its connection: Connection: close
// from either side, redirects, and requests that carry a body.
import { burst, closeAll, count, head, post, readAll, request, scenario, wait, withOptions } from './steps.mjs';

const page = '/bytes/50000';
const used = { read: 'all', close: true };
const noKeepAlive = { disableKeepAlives: true };

const connectionClose = [
  scenario('server-closes-unread', 'the server said close; unread, it is pinned all the same', request('/close/5000', { times: 3 }), count),
  scenario('server-closes-read', 'the server said close: EOF ends the connection', request('/close/5000', { times: 3, read: 'all' }), count),
  scenario('server-closes-closed', 'the server said close, closed unread', request('/close/5000', { times: 3, close: true }), count),
  scenario('server-closes-partial', 'the server said close, ten bytes read', request('/close/5000', { times: 3, read: 10 }), count, readAll, count),
  scenario('server-closes-exact', 'the server said close, read by exactly its length', request('/close/5000', { times: 3, read: 5000 }), count),
  scenario('server-closes-empty', 'the server said close and sent no body', request('/close/0', { times: 3 }), count),
  scenario('server-closes-head', 'the server said close to a HEAD', head('/close/5000', { times: 3 }), count),
  scenario('server-closes-pooled', 'the server closes the pooled connection', request(page, { read: 'all' }), count, request('/close/5000', { read: 'all' }), count),
  scenario('server-closes-large-unread', 'half a megabyte, unread, from a server that said close', request('/close/500000', { times: 2 }), count, closeAll, count),
  scenario('client-closes-unread', 'the request said close; unread, it is pinned all the same', request(page, { times: 3, connectionClose: true }), count),
  scenario('client-closes-read', 'the request said close: EOF ends the connection', request(page, { times: 3, connectionClose: true, read: 'all' }), count),
  scenario('client-closes-closed', 'the request said close, closed unread', request(page, { times: 3, connectionClose: true, close: true }), count),
  scenario('client-closes-exact', 'the request said close, read by exactly its length', request(page, { times: 3, connectionClose: true, read: 50000 }), count),
  scenario('client-closes-empty', 'the request said close, no body came', request('/bytes/0', { times: 3, connectionClose: true }), count),
  scenario('client-closes-204', 'the request said close, no body by status', request('/status/204', { times: 3, connectionClose: true }), count),
  scenario('client-closes-head', 'a HEAD that said close', head(page, { times: 3, connectionClose: true }), count),
  scenario('client-closes-pooled', 'a request that says close takes the pooled connection with it', request(page, { read: 'all' }), count, request(page, { read: 'all', connectionClose: true }), count),
  scenario('client-closes-chunked', 'the request said close, chunked', request('/chunked/20000', { times: 3, connectionClose: true, read: 'all' }), count),
  scenario('both-close', 'both sides said close', request('/close/5000', { times: 3, connectionClose: true, read: 'all' }), count),
  scenario('both-close-unread', 'both sides said close, unread', request('/close/5000', { times: 3, connectionClose: true }), count, closeAll, count),
  withOptions(noKeepAlive, 'no-keep-alive-unread', 'no keep-alive does not save an unread body', request(page, { times: 4 }), count),
  withOptions(noKeepAlive, 'no-keep-alive-closed', 'no keep-alive, closed unread', request(page, { times: 4, close: true }), count),
  withOptions(noKeepAlive, 'no-keep-alive-head', 'no keep-alive and no body', head(page, { times: 4 }), count),
  withOptions(noKeepAlive, 'no-keep-alive-partial', 'no keep-alive, ten bytes read, the rest late', request(page, { times: 4, read: 10 }), count, readAll, count),
  withOptions(noKeepAlive, 'no-keep-alive-burst', 'no keep-alive, 8 at once', burst(8, used), count),
];

const redirects = [
  scenario('redirect-unread', 'three hops on one connection; the last response, unread, pins it', request('/redirect/3', { times: 3 }), count),
  scenario('redirect-read', 'three hops, the last read to EOF', request('/redirect/3', { times: 3, read: 'all' }), count),
  scenario('redirect-closed', 'three hops, the last closed unread', request('/redirect/3', { times: 3, close: true }), count),
  scenario('redirect-none', 'no hop at all', request('/redirect/0', { times: 2, read: 'all' }), count),
  scenario('redirect-nine', 'nine hops are ten requests, the most there may be', request('/redirect/9', { read: 'all' }), count),
  scenario('redirect-ten', 'the tenth hop would be the eleventh request: an error; its connection was drained and stays pooled', request('/redirect/10', { read: 'all' }), count),
  scenario('redirect-head', 'a HEAD stays a HEAD', head('/redirect/2', { times: 2 }), count),
  scenario('redirect-post', 'a POST goes on as a GET', post('/redirect/2', 1000, { times: 2, read: 'all' }), count),
  scenario('redirect-post-unread', 'a POST goes on as a GET, unread', post('/redirect/2', 1000, { times: 2 }), count),
  scenario('redirect-cancelled', 'the last response, unread, is cancelled', request('/redirect/2', { times: 2, cancelMs: 300 }), wait(400), count),
  scenario('redirect-client-closes', 'the request said close; the hops after the first do not say it again', request('/redirect/2', { times: 2, read: 'all', connectionClose: true }), count),
  scenario('redirect-client-closes-unread', 'the request said close; the last response unread', request('/redirect/1', { times: 2, connectionClose: true }), count),
  withOptions(noKeepAlive, 'redirect-no-keep-alive', 'a connection per hop, none left', request('/redirect/3', { times: 2, read: 'all' }), count),
  withOptions({ maxIdleConnsPerHost: -1 }, 'redirect-idle-none', 'a connection per hop, the last pinned', request('/redirect/3', { times: 2 }), count),
];

const sending = [
  scenario('post-unread', 'a POST whose answer is not read', post('/bytes/5000', 1000, { times: 3 }), count),
  scenario('post-read', 'a POST whose answer is read', post('/bytes/5000', 1000, { times: 3, read: 'all' }), count),
  scenario('post-closed', 'a POST whose answer is closed unread', post('/bytes/5000', 1000, { times: 3, close: true }), count),
  scenario('post-one-byte', 'a POST of one byte', post('/bytes/5', 1, { times: 3, read: 'all' }), count),
  scenario('post-large', 'a POST of 200,000 bytes', post('/bytes/5000', 200000, { times: 3, read: 'all' }), count),
  scenario('post-large-unread', 'a POST of 200,000 bytes whose answer is not read', post('/bytes/5000', 200000, { times: 3 }), count, closeAll, count),
  scenario('post-megabyte', 'a POST of a megabyte', post('/bytes/5000', 1000000, { times: 2, read: 'all' }), count),
  scenario('post-empty', 'a POST without a body', request('/bytes/5000', { method: 'POST', times: 3, read: 'all' }), count),
  scenario('post-no-content', 'a POST answered with 204', post('/status/204', 1000, { times: 3 }), count),
  scenario('post-chunked-answer', 'a POST answered in chunks', post('/chunked/5000', 1000, { times: 3, read: 'all' }), count),
  scenario('post-server-closes', 'a POST to a server that says close', post('/close/5000', 1000, { times: 3, read: 'all' }), count),
  scenario('post-client-closes', 'a POST that says close', post('/bytes/5000', 1000, { times: 3, read: 'all', connectionClose: true }), count),
  scenario('post-burst', 'eight POSTs at once', burst(8, { method: 'POST', body: 1000, ...used }), count),
  scenario('put', 'a PUT', request('/bytes/5000', { method: 'PUT', body: 1000, times: 3, read: 'all' }), count),
  scenario('delete', 'a DELETE without a body', request('/status/204', { method: 'DELETE', times: 3 }), count),
  scenario('patch-unread', 'a PATCH whose answer is not read', request('/bytes/5000', { method: 'PATCH', body: 1000, times: 2 }), count),
];

export const ending = [...connectionClose, ...redirects, ...sending];
