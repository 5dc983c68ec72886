// The server of one client's run: it sends the bytes of a case, and answers what follows from it.

import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export class CaseServer {
  #cases;
  #server;
  #sockets = new Set();

  /** @param {import('./cases.js').Case[]} cases */
  constructor(cases) {
    this.#cases = cases;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** @param {number} index of the case */
  urlOf(index) {
    return `${this.origin}/case/${index}`;
  }

  async stop() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket) {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (;;) {
        const request = takeRequest(text);
        if (request === null) return;
        text = text.slice(request.length);
        void this.#answer(socket, request);
      }
    });
  }

  async #answer(socket, { method, target }) {
    const index = /^\/case\/(\d+)$/.exec(target)?.[1];
    if (index === undefined) {
      // Where a redirect led to, or the second request of a case.
      const body = `${method} ${target}`;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`);
      return;
    }
    const { chunks, gapMs, end } = this.#cases[index];
    for (const [at, chunk] of chunks.entries()) {
      if (at > 0) await sleep(gapMs);
      if (!socket.writable) return;
      const placed = chunk.includes('{origin}') ? chunk.toString('latin1').replaceAll('{origin}', this.origin) : chunk;
      socket.write(placed, 'latin1');
    }
    if (end === 'fin') socket.end();
  }
}

/** The first request of `text`, if it is whole. */
function takeRequest(text) {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = text.slice(0, headEnd);
  const [method, target] = head.split(' ', 2);
  const length = headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  return text.length < length ? null : { method, target, length };
}
