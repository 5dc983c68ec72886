import { twins, type Group } from './twin.js';

export const nodeHttpCases: Group = {
  about: 'node:http and node:https',
  head: "import http, { get, type IncomingMessage } from 'node:http';\nimport https from 'node:https';\nimport { once } from 'node:events';\nimport { createWriteStream } from 'node:fs';\nimport { pipeline } from 'node:stream/promises';\nvoid [http, get, https, once, createWriteStream, pipeline];\nexport type Message = IncomingMessage;\n",
  twins: twins([
    ['resumed', 'http.get(url, (res) => { res.resume(); });', 'http.get(url, (res) => { console.log(res.statusCode); });', 'neither read nor resumed when the function ends'],
    ['nobody takes it', 'http.get(url);', 'http.get(url, () => {});', 'Nothing holds'],
    ['the error status', "http.get(url, (res) => {\n if (res.statusCode !== 200) { res.resume(); return; }\n res.on('data', console.log); });", "http.get(url, (res) => {\n if (res.statusCode !== 200) return;\n res.on('data', console.log); });", 'returns at line 10'],
    ['inside a promise', "return new Promise<void>((resolve, reject) => { https.get(url, (res) => {\n if (res.statusCode !== 200) { res.destroy(); reject(new Error()); return; }\n res.pipe(createWriteStream('x')).on('close', resolve); }); });", "return new Promise<void>((resolve, reject) => { https.get(url, (res) => {\n if (res.statusCode !== 200) { reject(new Error()); return; }\n res.pipe(createWriteStream('x')).on('close', resolve); }); });", 'returns at line 10'],
    ['resolve takes it', 'return new Promise<Message>((resolve) => { http.get(url, resolve); });', 'return new Promise((resolve) => { http.get(url, (res) => resolve(res.statusCode)); });', 'returns'],
    ['only the end is waited for', "http.get(url, (res) => { res.on('end', () => {}); res.on('data', () => {}); });", "http.get(url, (res) => { res.on('end', () => {}); res.on('error', () => {}); });", 'the function ends'],
    ['the encoding alone starts nothing', "http.get(url, (res) => { res.setEncoding('utf8').on('data', () => {}); });", "http.get(url, (res) => { res.setEncoding('utf8'); });", 'the function ends'],
    ['iterated', 'http.get(url, async (res) => { for await (const part of res) if (part.length > 3) break; });', 'http.get(url, async (res) => { console.log(res.headers); });', 'the function ends'],
    ['pipeline', "http.get(url, (res) => { void pipeline(res, createWriteStream('x')); });", 'http.get(url, (res) => { console.log(res.complete); });', 'the function ends'],
    ['request with a callback', "http.request(url, (res) => { res.resume(); }).end();", "http.request(url, (res) => { console.log(res.url); }).end();", 'the function ends'],
    ['HEAD', "http.request(url, { method: 'HEAD' }, (res) => { console.log(res.headers); }).end();", "http.request(url, { method: 'GET' }, (res) => { console.log(res.headers); }).end();", 'the function ends'],
    ['the response event', "const req = http.request(url); req.on('response', (res) => { res.resume(); }); req.end();", "const req = http.request(url); req.on('response', (res) => { console.log(res.statusCode); }); req.end();", 'the function ends'],
    ['once', "const req = http.request(url); req.once('response', (res) => res.resume()).end();", "const req = http.request(url); req.once('response', () => console.log(1)).end();", 'Nothing holds'],
    ['events.once', "const req = http.get(url); const [res] = await once(req, 'response'); res.resume();", "const req = http.get(url); const [res] = await once(req, 'response'); return res.statusCode;", 'returns'],
    ['the request is destroyed', 'const req = http.get(url, (res) => { if (res.statusCode !== 200) { req.destroy(); return; } res.resume(); });', 'const req = http.get(url, (res) => { if (res.statusCode !== 200) { req.setTimeout(1); return; } res.resume(); });', 'returns'],
    ['the socket is destroyed', 'http.get(url, (res) => { res.socket.destroy(); });', 'http.get(url, (res) => { console.log(res.socket.remoteAddress); });', 'the function ends'],
    ['a named listener', 'const take = (res: Message) => { res.resume(); }; http.get(url, take);', 'const take = (res: Message) => { console.log(res.statusCode); }; http.get(url, take);', 'the function ends'],
    ['a listener for readable', "http.get(url, (res) => { res.on('readable', () => { res.read(); }); });", "http.get(url, (res) => { res.read(10); });", 'read only in part'],
    ['named import', 'get(url, (res) => res.resume());', 'get(url, (res) => res.statusCode);', 'returns'],
    ['a server’s request is not ours', 'http.createServer((req, res) => { res.end(req.url); });', "http.get(url, { agent: false }, (res) => { console.log(res.url); });", 'the function ends'],
    ['thrown in the callback', "http.get(url, (res) => { if (res.statusCode === 500) { res.resume(); throw new Error(); } res.resume(); });", "http.get(url, (res) => { if (res.statusCode === 500) throw new Error(); res.resume(); });", 'throws'],
  ]),
};
