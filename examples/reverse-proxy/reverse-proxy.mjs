// A reverse proxy: what Go's httputil.ReverseProxy does, on this library's Transport.
//
// Bodies stream both ways at the reader's pace. Whatever ends one side ends the other: a client that leaves cancels
// the request to the backend, and a backend that breaks off breaks the response off.
import { createServer, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { Request, RequestError, Transport } from 'watertight';
import { pairsOf, toBackend, toClient } from './fields.mjs';

/**
 * @param {string} target the backend's URL; its path goes before the path of each request
 * @param {object} [options]
 * @param {Transport} [options.transport] what makes the requests. It must not decompress: a proxy passes codings on
 * @param {boolean} [options.keepHost] the backend sees the Host that the client sent, as with Go's NewSingleHostReverseProxy; otherwise its own. Default: true
 * @param {(response: import('watertight').Response, fields: string[]) => void} [options.modifyResponse] sees each response, and may change the fields, `[name, value, name, value]`, before they are sent; if it throws, the client gets the error's response
 * @param {(error: Error) => void} [options.onError] is told what the client is not
 * @returns {import('node:http').Server} it listens nowhere yet
 */
export function reverseProxy(target, { transport = new Transport({ disableCompression: true }), keepHost = true, modifyResponse = () => undefined, onError = () => undefined } = {}) {
  const server = createServer((request, response) => void serve(request, response));
  // The body waits until the backend says 100 (Continue): `bodyOf` asks the client for it then.
  server.on('checkContinue', (request, response) => void serve(request, response));
  // Node hands over the bare connection of each request that asks for another protocol.
  server.on('upgrade', (request, /** @type {any} */ socket, head) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.end());
    socket.on('error', () => undefined);
    void serve(request, response, { socket, head });
  });

  async function serve(request, response, upgrade = null) {
    const gone = new AbortController();
    response.on('error', () => undefined);
    response.on('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client has left'));
    });
    if (upgrade !== null) {
      // Node leaves it open when the client has ended it. After the switch the signal has no meaning.
      upgrade.socket.once('end', () => gone.abort(new Error('the client has left')));
    }
    let answer = null;
    try {
      answer = await transport.roundTrip(new Request(backendUrl(target, request.url), {
        method: request.method,
        headers: toBackend(request, { keepHost, upgrade: upgrade !== null }),
        body: hasBody(request) ? bodyOf(request, response) : null,
        trailers: trailersOf(request),
        signal: gone.signal,
        trace: { got1xxResponse: (status, headers) => sendInterim(request, response, status, headers) },
      }));
      if (answer.socket !== null) switchProtocols(answer, response, upgrade, modifyResponse);
      else await copyResponse(answer, request, response, modifyResponse);
    } catch (error) {
      await answer?.close();
      if (gone.signal.aborted) return;
      onError(error);
      // What has begun can't be taken back: the client must see that it is cut.
      if (response.headersSent) response.destroy();
      else response.writeHead(error instanceof RequestError ? 400 : 502, { 'Content-Type': 'text/plain' }).end();
    }
  }
  return server;
}

/** The target's path, then the request's. Both are resolved before they are joined, so that no `..` leaves the target's. */
function backendUrl(target, requestTarget) {
  const { origin, pathname, search } = new URL(target);
  const asked = new URL(requestTarget.startsWith('/') ? `http://client${requestTarget}` : requestTarget);
  const query = [search.slice(1), asked.search.slice(1)].filter((each) => each !== '').join('&');
  return origin + pathname.replace(/\/$/, '') + asked.pathname + (query === '' ? '' : `?${query}`);
}

function hasBody({ headers }) {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The client's body. If the backend answers early, the rest is read and dropped: the same connection brings the answer, and the client's next request. */
async function* bodyOf(request, response) {
  if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue();
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } finally {
    request.resume();
  }
}

/** The fields that the client announces; their values are there when its body has ended. */
function trailersOf(request) {
  if (request.headers['transfer-encoding'] === undefined) return null;
  const names = (request.headers.trailer ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  return Object.fromEntries(names.map((name) => [name, () => request.trailers[name.toLowerCase()]]));
}

/** A 1xx response, such as 103 (Early Hints), as it came. 100 is between each two ends of a connection, and HTTP/1.0 knows none. */
function sendInterim(request, response, status, headers) {
  if (status === 100 || request.httpVersion === '1.0') return;
  response.socket?.write(head(status, '', [...headers.raw].flat()), 'latin1');
}

async function copyResponse(answer, request, response, modifyResponse) {
  const { status, statusText, body, contentLength } = answer;
  const streams = contentLength === -1 && request.method !== 'HEAD';
  const fields = toClient(answer, streams && request.httpVersion !== '1.0');
  modifyResponse(answer, fields);
  response.writeHead(status, statusText, fields);
  // Nobody knows when the first byte comes: an event stream may say nothing for minutes.
  if (streams) response.flushHeaders();
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
    if (!response.write(chunk)) await drained(response);
  }
  response.addTrailers([...answer.trailers.raw]);
  response.end();
}

/** Resolves when the client takes more, or has left: then the next read says so. */
function drained(response) {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
    if (response.destroyed) done();
  });
}

/** Both connections are one from now on; an end is passed on, and what breaks one breaks the other. */
function switchProtocols(answer, response, { socket, head: early }, modifyResponse) {
  const fields = [...answer.headers.raw].flat();
  modifyResponse(answer, fields);
  response.detachSocket(socket);
  socket.write(head(answer.status, answer.statusText, fields), 'latin1');
  answer.socket.write(early);
  pipeline(socket, answer.socket, socket, () => answer.socket.destroy());
}

/** A response's head, for what is written without node:http. */
function head(status, statusText, fields) {
  return `HTTP/1.1 ${status} ${statusText}\r\n${pairsOf(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}
