// One proxy of compare.mjs, in a process of its own: contender.mjs NAME BACKEND_URL. All of them treat the header fields alike.
import http from 'node:http';
import { pipeline } from 'node:stream';
import { endToEnd, pairsOf, toBackend } from './fields.mjs';
import { reverseProxy } from './reverse-proxy.mjs';

const [name, target] = process.argv.slice(2);
const OPTIONS = { keepHost: true, upgrade: false };

function ofNodeHttp() {
  const agent = new http.Agent({ keepAlive: true });
  return http.createServer((request, response) => {
    const onward = http.request(target + request.url, { method: request.method, agent, headers: toBackend(request, OPTIONS).flat() }, (answer) => {
      response.writeHead(answer.statusCode, answer.statusMessage, endToEnd(pairsOf(answer.rawHeaders)).flat());
      pipeline(answer, response, () => undefined);
    });
    onward.on('error', (error) => response.destroy(error));
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
}

async function ofUndici() {
  const { Agent, request: undiciRequest } = await import('undici');
  const dispatcher = new Agent();
  return http.createServer((request, response) => void (async () => {
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    const answer = await undiciRequest(target + request.url, { dispatcher, method: request.method, headers: toBackend(request, OPTIONS).flat(), body: hasBody ? request : null, signal: gone.signal, responseHeaders: 'raw' });
    response.writeHead(answer.statusCode, answer.statusText, endToEnd(pairsOf(answer.headers.map(String))).flat());
    pipeline(answer.body, response, () => undefined);
  })().catch(() => response.destroy()));
}

const server = await { watertight: () => reverseProxy(target), undici: ofUndici, 'node:http': ofNodeHttp }[name]();
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send(user + system);
});
process.on('disconnect', () => process.exit());
