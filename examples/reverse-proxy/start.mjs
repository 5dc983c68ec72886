// The proxy as a program: node examples/reverse-proxy/start.mjs http://127.0.0.1:8080 [--port 8081] [--host 127.0.0.1]
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { reverseProxy } from './reverse-proxy.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { port: { type: 'string', default: '8081' }, host: { type: 'string', default: '127.0.0.1' } } });
const [target] = positionals;
if (target === undefined || !URL.canParse(target)) {
  console.error('usage: node examples/reverse-proxy/start.mjs BACKEND_URL [--port 8081] [--host 127.0.0.1]');
  process.exit(2);
}
const server = reverseProxy(target, { onError: (error) => console.error(error.message) });
server.listen(Number(values.port), values.host);
await once(server, 'listening');
console.log(`http://${values.host}:${server.address().port} goes to ${target}`);
