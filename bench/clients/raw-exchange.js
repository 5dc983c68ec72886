// The least that a program must do over a socket to keep a connection alive: write a constant request,
// find the end of the head, read the Content-Length, count the bytes of the body. It parses no other header,
// checks nothing, and has neither promises nor a pool worth the name. Both raw clients are made of it; they
// differ in how bytes reach them.

import net from 'node:net';
import tls from 'node:tls';
import { ORDER_TEXT } from '../payloads.js';

const HEAD_LIMIT = 8192;
const CONTENT_LENGTH = '\r\nContent-Length: ';

/**
 * @param {{ origin: string, ca?: string }} server
 * @param {(dial: (options: object) => import('node:net').Socket, exchange: Exchange) => import('node:net').Socket} connect
 *   dials and calls exchange.onBytes(buffer, length) for what arrives, and gives it to exchange.sink, if there is one
 * @param {(file: string) => { close(): void }} openSink  where `save` writes to
 */
export function openRaw({ origin, ca }, connect, openSink) {
  const { hostname, port } = new URL(origin);
  const target = { host: hostname, port: Number(port), noDelay: true };
  const dial = ca === undefined ? (options) => net.connect({ ...target, ...options }) : (options) => tls.connect({ ...target, ca, ...options });
  const requests = new Map();
  /** @type {Exchange[]} */
  const idle = [];

  function requestTo(path) {
    let request = requests.get(path);
    if (request === undefined) {
      request =
        path === '/json'
          ? `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(ORDER_TEXT)}\r\n\r\n${Buffer.from(ORDER_TEXT).latin1Slice()}`
          : `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
      requests.set(path, request);
    }
    return request;
  }

  function exchange() {
    const free = idle.pop();
    if (free !== undefined) return free;
    const made = new Exchange(idle);
    made.socket = connect(dial, made);
    made.socket.on('error', (error) => made.onError(error));
    made.socket.on('close', () => made.onClose());
    return made;
  }

  function get(path) {
    return new Promise((resolve, reject) => exchange().start(requestTo(path), null, resolve, reject));
  }

  return {
    get,
    text: get,
    stream: get,
    fill: get,
    async save(path, file) {
      const mine = exchange();
      mine.sink = openSink(file);
      try {
        return await new Promise((resolve, reject) => mine.start(requestTo(path), null, resolve, reject));
      } finally {
        mine.sink.close();
        mine.sink = null;
        // A sink that is closed does not drain any more.
        mine.socket.resume();
      }
    },
    loop(path, keepGoing) {
      return new Promise((resolve, reject) => {
        const request = requestTo(path);
        const mine = exchange();
        let count = 0;
        const onEnd = () => {
          count++;
          if (keepGoing()) mine.start(request, null, onEnd, reject);
          else resolve(count);
        };
        mine.start(request, null, onEnd, reject);
      });
    },
    firstByte(path) {
      return new Promise((resolve, reject) => {
        let elapsed = 0;
        const start = performance.now();
        const onHead = () => (elapsed = performance.now() - start);
        exchange().start(requestTo(path), onHead, () => resolve(elapsed), reject);
      });
    },
  };
}

/** One connection and the request on it. */
export class Exchange {
  constructor(idle) {
    this.idle = idle;
    /** @type {import('node:net').Socket | null} */
    this.socket = null;
    this.closing = false;
    this.partial = '';
    this.remaining = -1;
    this.bodyBytes = 0;
    this.onHead = null;
    this.onEnd = null;
    this.onFailure = null;
    this.sink = null;
  }

  start(request, onHead, onEnd, onFailure) {
    this.onHead = onHead;
    this.onEnd = onEnd;
    this.onFailure = onFailure;
    this.remaining = -1;
    this.socket.write(request, 'latin1');
  }

  onBytes(buffer, length) {
    if (this.remaining === -1) {
      const text = this.partial + buffer.latin1Slice(0, Math.min(length, HEAD_LIMIT));
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) {
        this.partial = text;
        return;
      }
      const at = text.indexOf(CONTENT_LENGTH) + CONTENT_LENGTH.length;
      this.bodyBytes = parseInt(text.slice(at, at + 12), 10);
      this.remaining = this.bodyBytes - (this.partial.length + length - (end + 4));
      this.partial = '';
      // Only the server's /close says so, and only the measurement of fresh connections asks for it.
      this.closing = text.indexOf('\r\nConnection: close') !== -1;
      if (this.onHead !== null) this.onHead();
    } else this.remaining -= length;
    if (this.remaining > 0) return;
    const { onEnd } = this;
    this.onEnd = null;
    if (this.closing) this.socket.destroy();
    onEnd(this.bodyBytes);
    if (this.onEnd === null && !this.closing) this.idle.push(this);
  }

  onError(error) {
    if (this.onEnd === null) return;
    this.onEnd = null;
    this.onFailure(error);
  }

  onClose() {
    const at = this.idle.indexOf(this);
    if (at !== -1) this.idle.splice(at, 1);
    this.onError(new Error('the server closed the connection'));
  }
}
