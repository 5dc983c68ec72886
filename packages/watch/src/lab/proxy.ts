/**
 * Owns the test server as a proxy: it forwards requests in absolute-form and opens tunnels for CONNECT.
 *
 * The user name says how it behaves: `refuse`, `hang` or `close`; any other, or none, lets it do its work.
 */
import { request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';

/** From here on the server answers absolute-form and CONNECT as a proxy, and everything else as before, a CONNECT to a host of `.test` too. */
export function actAsProxy(server: Server): void {
  const [answer] = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  const [connectHere] = server.listeners('connect') as ((request: IncomingMessage, socket: Socket) => void)[];
  server.removeAllListeners('request').removeAllListeners('connect');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!/^http:/.test(request.url ?? '')) answer(request, response);
    else forward(request, response);
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    if (/\.test:\d+$/.test(request.url ?? '')) connectHere(request, socket);
    else tunnel(request, socket);
  });
}

function userOf(request: IncomingMessage): string {
  const [, encoded = ''] = /^Basic (.*)$/.exec(request.headers['proxy-authorization'] ?? '') ?? [];
  return Buffer.from(encoded, 'base64').toString().split(':', 1)[0];
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => undefined);
  const user = userOf(request);
  if (user === 'refuse') response.writeHead(502, { 'content-type': 'text/plain', 'content-length': 17 }).end('not through here\n');
  else if (user === 'close') request.socket.destroy();
  else if (user !== 'hang') {
    const { hostname, port, pathname, search } = new URL(request.url!);
    const { connection: _connection, 'proxy-authorization': _credentials, ...headers } = request.headers;
    const onward = httpRequest({ host: hostname, port, path: pathname + search, method: request.method, headers, agent: false }, (answer) => {
      const { connection: _hop, 'keep-alive': _time, ...fields } = answer.headers;
      response.writeHead(answer.statusCode!, fields);
      response.flushHeaders();
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}

function tunnel(request: IncomingMessage, socket: Socket): void {
  socket.on('error', () => socket.destroy());
  const user = userOf(request);
  if (user === 'refuse') socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 17\r\n\r\nnot through here\n');
  else if (user === 'close') socket.destroy();
  else if (user === 'hang') socket.resume().on('end', () => socket.end());
  else {
    const [, host, port] = /^(.*):(\d+)$/.exec(request.url!)!;
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join(socket, onward);
    });
    onward.on('error', () => socket.destroy());
  }
}

/** Both ways; the end of either is the end of both. */
export function join(a: Socket, b: Socket): void {
  a.pipe(b).on('close', () => a.destroy());
  b.pipe(a).on('close', () => b.destroy());
}
