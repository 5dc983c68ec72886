// Owns the server for all clients, in its own process. It does as little for each request as Node allows, so that the
// client and not the server is the limit. It understands requests that are kept alive and pipelined, GET without a body
// and POST with a Content-Length, over http and over TLS, and answers by path:
//
//   /small     12 bytes under a head of about 130
//   /big       100 MB with a Content-Length, from one reused 1 MB buffer, with back-pressure
//   /close     as /small, then the connection is closed: the next request needs a new one
//   /json      2 KB of JSON; the body of the request is passed over
//   /hold/N    nothing until N such requests wait, then as /small to all of them: N connections
//              are open at once, and idle at once
//   /stats     JSON: CPU time of this process so far, open connections
//
// Run by itself, after a build, `node bench/server.js` prints its ports and serves until its standard input ends.

import net from 'node:net';
import tls from 'node:tls';
import { selfSigned } from '../packages/watertight/dist-test/fixtures/certificate.js';
import { ANSWER_TEXT, BIG_BYTES, SMALL_BODY } from './payloads.js';

const TERMINATOR = Buffer.from('\r\n\r\n');
const POST = 0x50;
const BIG_CHUNK = Buffer.alloc(1_000_000, 'watertight benchmark body ');

/** Response heads, updated once a second with their Date, not for each request. */
let small = '';
let smallThenClose = '';
let bigHead = '';
let answer = Buffer.alloc(0);

function head(contentLength, extra = '', type = 'text/plain') {
  return (
    'HTTP/1.1 200 OK\r\n' +
    `Date: ${new Date().toUTCString()}\r\n` +
    'Server: bench/1.0\r\n' +
    `Content-Type: ${type}\r\n` +
    `Content-Length: ${contentLength}\r\n${extra}\r\n`
  );
}

function precompute() {
  small = head(SMALL_BODY.length) + SMALL_BODY;
  smallThenClose = head(SMALL_BODY.length, 'Connection: close\r\n') + SMALL_BODY;
  bigHead = head(BIG_BYTES);
  answer = Buffer.from(head(Buffer.byteLength(ANSWER_TEXT), '', 'application/json') + ANSWER_TEXT);
}

const connections = new Set();
/** Sockets with a /hold request that waits for its answer. */
let held = [];

/** Answers the requests of one connection in order; only /big takes more than one turn. */
class Connection {
  /** @param {net.Socket} socket */
  constructor(socket) {
    this.socket = socket;
    /** @type {Buffer | null} the start of a request whose end has not arrived */
    this.partial = null;
    /** @type {string[]} paths that wait for a /big before them */
    this.queue = [];
    this.bigRemaining = 0;
    /** Bytes of a request's body that are still to come. */
    this.bodyRemaining = 0;
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('drain', () => this.writeBig());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => connections.delete(this));
  }

  onData(chunk) {
    const bytes = this.partial === null ? chunk : Buffer.concat([this.partial, chunk]);
    this.partial = null;
    let from = 0;
    for (;;) {
      if (this.bodyRemaining > 0) {
        const passed = Math.min(this.bodyRemaining, bytes.length - from);
        this.bodyRemaining -= passed;
        from += passed;
        if (this.bodyRemaining > 0) break;
        this.answer('/json');
      }
      const end = bytes.indexOf(TERMINATOR, from);
      if (end === -1) break;
      if (this.bigRemaining > 0) this.queue.push(pathOf(bytes, from, end));
      // Tests two bytes of '/small', the only path whose cost is measured for each request.
      else if (bytes[from + 5] === 0x73 && bytes[from + 6] === 0x6d) this.socket.write(small, 'latin1');
      else if (bytes[from] === POST) this.bodyRemaining = bodyLengthOf(bytes, from, end);
      else this.answer(pathOf(bytes, from, end));
      from = end + 4;
    }
    if (from < bytes.length) this.partial = from === 0 ? bytes : Buffer.from(bytes.subarray(from));
  }

  answer(path) {
    if (path === '/small') this.socket.write(small, 'latin1');
    else if (path === '/json') this.socket.write(answer);
    else if (path === '/big') {
      this.bigRemaining = BIG_BYTES;
      this.socket.write(bigHead, 'latin1');
      this.writeBig();
    } else if (path === '/close') this.socket.end(smallThenClose, 'latin1');
    else if (path.startsWith('/hold/')) this.hold(Number(path.slice('/hold/'.length)));
    else if (path === '/stats') {
      const { user, system } = process.cpuUsage();
      const body = JSON.stringify({ cpuMicros: user + system, connections: connections.size });
      this.socket.write(head(body.length) + body, 'latin1');
    } else this.socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }

  writeBig() {
    while (this.bigRemaining > 0) {
      const length = Math.min(this.bigRemaining, BIG_CHUNK.length);
      this.bigRemaining -= length;
      const room = this.socket.write(length === BIG_CHUNK.length ? BIG_CHUNK : BIG_CHUNK.subarray(0, length));
      if (!room) break;
    }
    while (this.bigRemaining === 0 && this.queue.length > 0) this.answer(this.queue.shift());
  }

  hold(count) {
    held.push(this.socket);
    if (held.length < count) return;
    const waiting = held;
    held = [];
    for (const socket of waiting) if (!socket.destroyed) socket.write(small, 'latin1');
  }
}

function pathOf(bytes, from, end) {
  const line = bytes.latin1Slice(from, Math.min(end, from + 256));
  const start = line.indexOf(' ') + 1;
  return line.slice(start, line.indexOf(' ', start));
}

function bodyLengthOf(bytes, from, end) {
  return Number(/^content-length: *(\d+)/im.exec(bytes.latin1Slice(from, end))[1]);
}

precompute();
setInterval(precompute, 1000).unref();

const certificate = selfSigned({ names: ['localhost', '127.0.0.1'] });
const accept = (socket) => connections.add(new Connection(socket));
const servers = [net.createServer({ noDelay: true }, accept), tls.createServer({ ...certificate, noDelay: true }, accept)];
// The kernel limits the backlog to its own maximum (net.core.somaxconn); clients dial in waves below it.
await Promise.all(servers.map((server, index) => new Promise((resolve) => server.listen({ host: '127.0.0.1', port: Number(process.argv[2 + index] ?? 0), backlog: 65_535 }, resolve))));
const [{ port }, { port: tlsPort }] = servers.map((server) => server.address());
console.log(JSON.stringify({ port, tlsPort, ca: certificate.cert }));

// The parent holds the other end of standard input, so this process ends when the parent ends, for whatever reason.
process.stdin.on('end', () => process.exit(0)).resume();
