// The service that the programs call: /small (12 bytes), /large (256 KiB), /error (status 500, 64 KiB), /empty (status 204).
// As a program of its own: node examples/leaks/server.mjs [port]
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const ANSWERS = {
  '/small': [200, 'hello, world'],
  '/large': [200, 'x'.repeat(256 * 1024)],
  '/error': [500, 'x'.repeat(64 * 1024)],
  '/empty': [204, ''],
};

/** Starts it on loopback; port 0 lets the system choose. */
export async function serve(port = 0) {
  const server = createServer((request, response) => {
    const [status, body] = ANSWERS[request.url] ?? [404, 'no such path'];
    // RFC 9110, section 8.6: a 204 has no Content-Length.
    const length = status === 204 ? {} : { 'Content-Length': body.length };
    response.writeHead(status, { 'Content-Type': 'text/plain', ...length }).end(body);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await serve(Number(process.argv[2] ?? 0))).base);
