/**
 * A server in a thread of its own, so that it goes on while the event loop of the test is blocked. A request for
 * `/KIND` is answered with `hello`. When the test posts a message, the server sends what that kind of surprise is
 * on the same, idle connection, and says so through `sent` when the system has it. Every other request is answered
 * with its method and target.
 */

import net from 'node:net';
import tls from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import type { Certificate } from '../fixtures/certificate.js';

export interface UnaskedData {
  readonly certificate: Certificate | null;
  /** A counter of the surprises that were sent, for `Atomics`. */
  readonly sent: SharedArrayBuffer;
}

const { certificate, sent } = workerData as UnaskedData;
const counter = new Int32Array(sent);

const TIMEOUT = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n';

/** What comes, and how the connection goes on. */
const SURPRISES: Readonly<Record<string, [bytes: string, then?: 'end' | 'reset']>> = {
  '408-and-end': [`${TIMEOUT}Connection: close\r\n\r\n`, 'end'],
  '408-close': [`${TIMEOUT}Connection: close\r\n\r\n`],
  '408-keep-alive': [`${TIMEOUT}\r\n`],
  400: ['HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad', 'end'],
  200: ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
  'part-of-a-head': ['HTTP/1.1 200 OK\r\nX-Prefix: '],
  garbage: ['\x00\x01\x02 no HTTP at all'],
  'empty-line': ['\r\n'],
  100: ['HTTP/1.1 100 Continue\r\n\r\n'],
  103: ['HTTP/1.1 103 Early Hints\r\nLink: </evil>\r\n\r\n'],
  end: ['', 'end'],
  reset: ['', 'reset'],
};

function answer(text: string, method: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${method === 'HEAD' ? '' : text}`;
}

function surprise(socket: net.Socket, [bytes, then]: [string, ('end' | 'reset')?]): void {
  const told = (): void => {
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  };
  if (then === 'reset') {
    socket.once('close', told);
    if (socket instanceof tls.TLSSocket) socket.destroy();
    else socket.resetAndDestroy();
  } else if (then === 'end') socket.end(bytes, 'latin1', told);
  else socket.write(bytes, 'latin1', told);
}

let next: (() => void) | null = null;
parentPort!.on('message', () => next!());

function serve(socket: net.Socket): void {
  socket.on('error', () => {});
  let text = '';
  socket.setNoDelay(true).setEncoding('latin1').on('data', (more: string) => {
    text += more;
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return;
    const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    const [method, target] = text.split(' ', 2);
    text = '';
    const kind = SURPRISES[target.slice(1)] as [string, 'end'?] | undefined;
    if (kind === undefined) socket.write(answer(`${method} ${target}`, method));
    else {
      socket.write(answer('hello', method));
      next = () => surprise(socket, kind);
    }
  });
}

const server = certificate === null ? net.createServer(serve) : tls.createServer(certificate, serve);
server.on('tlsClientError', () => {});
server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as net.AddressInfo).port));
