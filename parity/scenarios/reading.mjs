// How much of a body is read, and what that does to its connection: framed by
// Content-Length, chunked, gzipped, or not there at all.
import { closeAll, count, head, post, readAll, request, scenario, withOptions } from './steps.mjs';

const raw = { disableCompression: true };

const byLength = [
  scenario('tiny-unread', 'five bytes pin a connection as well as fifty thousand do', request('/bytes/5', { times: 6 }), count),
  scenario('tiny-read', 'five bytes, read to EOF', request('/bytes/5', { times: 6, read: 'all' }), count),
  scenario('one-byte-unread', 'one byte is enough to pin a connection', request('/bytes/1', { times: 3 }), count),
  scenario('one-byte-exact', 'the only byte is the last one', request('/bytes/1', { times: 3, read: 1 }), count),
  scenario('megabyte-unread', 'a body larger than every buffer, unread', request('/bytes/1000000', { times: 3 }), count),
  scenario('megabyte-read', 'a body larger than every buffer, read to EOF', request('/bytes/1000000', { times: 3, read: 'all' }), count),
  scenario('megabyte-closed-early', 'a large body closed after ten bytes: nothing is drained', request('/bytes/1000000', { times: 3, read: 10, close: true }), count),
  scenario('megabyte-exact', 'a large body read by exactly its length', request('/bytes/1000000', { times: 3, read: 1000000 }), count),
  scenario('read-zero', 'a reader limited to 0 bytes never reads', request('/bytes/50000', { times: 3, read: 0 }), count),
  scenario('read-zero-of-nothing', 'nothing to read and nothing read', request('/bytes/0', { times: 3, read: 0 }), count),
  scenario('read-exact', 'the read of the last byte releases the connection, with no EOF seen', request('/bytes/50000', { times: 4, read: 50000 }), count),
  scenario('read-one-less', 'one byte short of the end pins', request('/bytes/50000', { times: 4, read: 49999 }), count),
  scenario('read-one-more', 'a limit past the end meets EOF', request('/bytes/50000', { times: 4, read: 50001 }), count),
  scenario('read-exact-closed', 'read by exactly its length, then closed: already released, still reusable', request('/bytes/50000', { times: 4, read: 50000, close: true }), count),
  scenario('read-one-less-closed', 'one byte short of the end, then closed: torn down', request('/bytes/50000', { times: 4, read: 49999, close: true }), count),
  scenario('read-exact-512', 'as long as the first buffer of io.ReadAll', request('/bytes/512', { times: 4, read: 512 }), count),
  scenario('read-exact-4096', 'as long as the connection\'s read buffer', request('/bytes/4096', { times: 4, read: 4096 }), count),
  scenario('read-exact-65536', 'as long as the usual socket read', request('/bytes/65536', { times: 4, read: 65536 }), count),
  scenario('half-then-rest', 'a half-read body read to its end later', request('/bytes/50000', { times: 3, read: 25000 }), count, readAll, count),
  scenario('half-then-closed', 'a half-read body closed later', request('/bytes/50000', { times: 3, read: 25000 }), count, closeAll, count),
  scenario('close-after-eof', 'closing after EOF changes nothing', request('/bytes/50000', { times: 3, read: 'all' }), count, closeAll, count),
  scenario('close-twice', 'closing twice is closing once', request('/bytes/50000', { times: 3 }), closeAll, closeAll, count),
  scenario('read-after-close', 'reading a closed body gives nothing back', request('/bytes/50000', { times: 3 }), closeAll, readAll, count),
  scenario('read-twice', 'reading past EOF changes nothing', request('/bytes/50000', { times: 2, read: 'all' }), readAll, readAll, count),
  scenario('leak-takes-the-idle-one', 'the first unread response pins the pooled connection, the second a new one',
    request('/bytes/50000', { read: 'all' }), count, request('/bytes/50000'), count, request('/bytes/50000'), count),
  scenario('late-read-serves-next', 'a connection freed late serves the next request', request('/bytes/50000'), readAll, request('/bytes/50000', { times: 4, read: 'all' }), count),
];

const chunked = [
  scenario('chunked-empty-unread', 'a chunked body of no bytes is still a body: unread, it pins', request('/chunked/0', { times: 3 }), count),
  scenario('chunked-empty-read', 'a chunked body of no bytes, read to EOF', request('/chunked/0', { times: 3, read: 'all' }), count),
  scenario('chunked-empty-closed', 'a chunked body of no bytes, closed unread: torn down', request('/chunked/0', { times: 3, close: true }), count),
  scenario('chunked-partial', 'one chunk of twenty', request('/chunked/20000', { times: 4, read: 1000 }), count),
  scenario('chunked-mid-chunk', 'a chunk and a half of twenty', request('/chunked/20000', { times: 4, read: 1500 }), count),
  scenario('chunked-one-less', 'all chunks but one byte', request('/chunked/20000', { times: 4, read: 19999 }), count),
  scenario('chunked-past-end', 'a limit past the end meets EOF', request('/chunked/20000', { times: 4, read: 20001 }), count),
  scenario('chunked-partial-closed', 'one chunk of twenty, then closed', request('/chunked/20000', { times: 4, read: 1000, close: true }), count),
  scenario('chunked-read-closed', 'read to EOF and closed', request('/chunked/20000', { times: 4, read: 'all', close: true }), count),
  scenario('chunked-partial-late-read', 'the other chunks read later', request('/chunked/20000', { times: 4, read: 1000 }), count, readAll, count),
  scenario('chunked-partial-late-close', 'closed later in the middle of the chunks', request('/chunked/20000', { times: 4, read: 1500 }), count, closeAll, count),
  scenario('chunked-less-than-a-chunk', 'a single short chunk, unread by one byte', request('/chunked/500', { times: 3, read: 499 }), count),
  scenario('chunked-large', 'two hundred chunks read to EOF', request('/chunked/200000', { times: 2, read: 'all' }), count),
  scenario('chunked-large-unread', 'two hundred chunks, unread', request('/chunked/200000', { times: 2 }), count),
];

const gzipped = [
  scenario('gzip-unread', 'gzip undone on the way, unread', request('/gzip/50000', { times: 4 }), count),
  scenario('gzip-read', 'gzip undone on the way, read to EOF', request('/gzip/50000', { times: 4, read: 'all' }), count),
  scenario('gzip-closed', 'gzip undone on the way, closed unread', request('/gzip/50000', { times: 4, close: true }), count),
  scenario('gzip-ten-bytes', 'ten bytes of 50,000: the decompressor has already read the whole small body, so the connection is free', request('/gzip/50000', { times: 4, read: 10 }), count),
  scenario('gzip-ten-bytes-closed', 'ten bytes, then closed: it was free before', request('/gzip/50000', { times: 4, read: 10, close: true }), count),
  scenario('gzip-exact', 'read by exactly its decompressed length', request('/gzip/50000', { times: 4, read: 50000 }), count),
  scenario('gzip-zero', 'no byte asked for, so none decompressed: pinned', request('/gzip/50000', { times: 3, read: 0 }), count),
  scenario('gzip-empty-unread', 'no bytes gzipped are some bytes: unread, they pin', request('/gzip/0', { times: 3 }), count),
  scenario('gzip-empty-read', 'no bytes gzipped, read to EOF', request('/gzip/0', { times: 3, read: 'all' }), count),
  scenario('gzip-large-ten-bytes', 'ten bytes of a body whose compressed form is longer than one buffer: pinned', request('/gzip/20000000', { times: 3, read: 10 }), count),
  scenario('gzip-large-ten-bytes-closed', 'the same, closed: torn down', request('/gzip/20000000', { times: 3, read: 10, close: true }), count),
  scenario('gzip-large-read', 'a body whose compressed form is longer than one buffer, read to EOF', request('/gzip/20000000', { times: 2, read: 'all' }), count),
  scenario('gzip-large-unread', 'a body whose compressed form is longer than one buffer, unread', request('/gzip/20000000', { times: 2 }), count),
  scenario('gzip-late-read', 'gzip, read late', request('/gzip/50000', { times: 4 }), count, readAll, count),
  scenario('gzip-late-close', 'gzip, closed late', request('/gzip/50000', { times: 4 }), count, closeAll, count),
  scenario('gzip-post', 'gzip in answer to a POST', post('/gzip/50000', 1000, { times: 3, read: 'all' }), count),
  scenario('gzip-head', 'gzip announced to a HEAD: no body', head('/gzip/50000', { times: 3 }), count),
  withOptions(raw, 'raw-gzip-unread', 'compression left alone, unread', request('/gzip/50000', { times: 4 }), count),
  withOptions(raw, 'raw-gzip-read', 'compression left alone, read to EOF', request('/gzip/50000', { times: 4, read: 'all' }), count),
  withOptions(raw, 'raw-gzip-ten-bytes', 'compression left alone: ten bytes are ten bytes, and pin', request('/gzip/50000', { times: 4, read: 10 }), count),
  withOptions(raw, 'raw-gzip-closed', 'compression left alone, closed unread', request('/gzip/50000', { times: 4, close: true }), count),
  withOptions(raw, 'raw-plain-read', 'no compression anywhere', request('/bytes/50000', { times: 4, read: 'all' }), count),
];

const bodiless = [
  scenario('head-closed', 'closing the body that a HEAD does not have', head('/bytes/50000', { times: 4, close: true }), count),
  scenario('head-read', 'reading the body that a HEAD does not have', head('/bytes/50000', { times: 4, read: 'all' }), count),
  scenario('head-chunked', 'HEAD of a chunked resource', head('/chunked/20000', { times: 4 }), count),
  scenario('head-stall', 'HEAD of a body that would stall: the head is all there is', head('/stall/10'), count),
  scenario('head-404', 'HEAD of what is not there', head('/status/404', { times: 4 }), count),
  ...[200, 201, 302, 304, 400, 404, 500, 503].map((status) =>
    scenario(`status-${status}`, `status ${status} without a body, neither read nor closed`, request(`/status/${status}`, { times: 4 }), count)),
  scenario('status-204-closed', 'no body by status, closed', request('/status/204', { times: 4, close: true }), count),
  scenario('status-304-read', 'no body by status, read', request('/status/304', { times: 4, read: 'all' }), count),
  scenario('empty-body-closed', 'Content-Length 0, closed: nothing is torn down', request('/bytes/0', { times: 4, close: true }), count),
];

export const reading = [...byLength, ...chunked, ...gzipped, ...bodiless];
