import { twins, type Group } from './twin.js';

export const undiciCases: Group = {
  about: 'undici',
  head: "import { Agent, Client, fetch as undiciFetch, pipeline, Pool, request, stream } from 'undici';\nimport { Writable } from 'node:stream';\nvoid [Agent, Client, undiciFetch, pipeline, Pool, request, stream, Writable];\n",
  twins: twins([
    ['destructured without the body', 'const { statusCode, body } = await request(url); await body.dump(); return statusCode;', 'const { statusCode } = await request(url); return statusCode;', 'Nothing holds'],
    ['the error status', 'const { statusCode, body } = await request(url);\n if (statusCode !== 200) { await body.dump(); throw new Error(); }\n return body.json();', 'const { statusCode, body } = await request(url);\n if (statusCode !== 200) throw new Error();\n return body.json();', 'neither read nor dumped when the function throws'],
    ['a bare statement', 'await (await request(url)).body.dump();', 'await request(url);', 'Nothing holds'],
    ['the whole response', 'const res = await request(url); return res.body.text();', 'const res = await request(url); return res.headers;', 'returns'],
    ['204', 'const { statusCode, body } = await request(url); if (statusCode === 204) return null; return body.json();', 'const { statusCode, body } = await request(url); if (statusCode === 304 || statusCode === 404) return null; return body.json();', 'returns'],
    ['the body renamed', 'const { body: payload } = await request(url); for await (const part of payload) console.log(part);', 'const { body: payload } = await request(url); console.log(payload.bodyUsed);', 'the function ends'],
    ['destroyed', 'const { body } = await request(url); body.destroy();', 'const { body } = await request(url); body.pause();', 'the function ends'],
    ['flowing', "const { body } = await request(url); body.on('data', () => {});", "const { body } = await request(url); body.on('end', () => {});", 'the function ends'],
    ['resumed', "const { body } = await request(url); body.on('end', () => {}).resume();", "const { body } = await request(url); body.on('error', () => {}).setEncoding('utf8');", 'the function ends'],
    ['piped', 'const { body } = await request(url); body.pipe(new Writable());', 'const { body } = await request(url); console.log(body);', 'the function ends'],
    ['read once', 'const { body } = await request(url); body.read(10); await body.dump();', 'const { body } = await request(url); return body.read(10);', 'read only in part'],
    ['a loop that is left early destroys the stream; unless told not to', 'const { body } = await request(url); for await (const part of body) if (part.length > 2) break;', 'const { body } = await request(url); for await (const part of body.iterator({ destroyOnReturn: false })) if (part.length > 2) break;', 'read only in part'],
    ['Client.request', "const client = new Client(url); const { body } = await client.request({ path: '/', method: 'GET' }); return body.text();", "const client = new Client(url); const { statusCode, body } = await client.request({ path: '/', method: 'GET' }); void body.closed; return statusCode;", 'returns'],
    ['Pool.request, HEAD', "const { statusCode } = await new Pool(url).request({ path: '/', method: 'HEAD' }); return statusCode;", "const { statusCode } = await new Pool(url).request({ path: '/', method: 'POST' }); return statusCode;", 'Nothing holds'],
    ['Agent.request', "const { body } = await new Agent().request({ origin: url, path: '/', method: 'GET' }); return body.bytes();", "const { body } = await new Agent().request({ origin: url, path: '/', method: 'GET' }); return body.destroyed;", 'returns'],
    ['a callback', "new Client(url).request({ path: '/', method: 'GET' }, (error, data) => { if (error) return; data!.body.resume(); });", "new Client(url).request({ path: '/', method: 'GET' }, (error, data) => { if (error) return;\n console.log(data!.statusCode); });", 'the function ends at line 6'],
    ['stream and pipeline need nothing', "await stream(url, { method: 'GET' }, () => new Writable());", 'const { body } = await request(url); void body.readableFlowing;', 'the function ends'],
    ['undici’s own fetch', 'const res = await undiciFetch(url); return res.text();', 'const res = await undiciFetch(url); return res.ok;', 'returns'],
    ['the WHATWG stream of it', 'const { body } = await request(url); await (body.body as unknown as ReadableStream).cancel();', 'const { body } = await request(url); return (body.body as unknown as ReadableStream).locked;', 'returns'],
  ]),
};
