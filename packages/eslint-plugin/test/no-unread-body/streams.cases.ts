import { twins, type Group } from './twin.js';

export const streamCases: Group = {
  about: 'axios and got, where they leave a stream',
  head: "import axios, { type AxiosRequestConfig } from 'axios';\nimport got from 'got';\nvoid [axios, got];\n",
  twins: twins([
    ['axios reads the rest itself', 'return (await axios.get(url)).status;', "return (await axios.get(url, { responseType: 'stream' })).status;", 'Nothing holds'],
    ['axios, a stream', "const { data } = await axios.get(url, { responseType: 'stream' }); data.resume();", "const { data, status } = await axios.get(url, { responseType: 'stream' }); void data.destroyed; return status;", 'returns'],
    ['axios as a function', "const res = await axios({ url, responseType: 'stream' }); res.data.destroy();", "const res = await axios({ url, responseType: 'stream' }); return res.headers;", 'neither read nor destroyed when the function returns'],
    ['axios, another type', "return (await axios(url, { responseType: 'json' })).status;", "return (await axios(url, { responseType: 'stream' })).status;", 'Nothing holds'],
    ['axios, a type that is not known', "const config: AxiosRequestConfig = { ...JSON.parse(url) as AxiosRequestConfig }; const res = await axios.request({ url, ...config }); if (res.status > 299) throw new Error(); return res.data;", "const config: AxiosRequestConfig = { responseType: 'json' }; void config; const res = await axios.request({ url, responseType: 'stream' }); if (res.status > 299) throw new Error(); return res.data;", 'throws'],
    ['an instance of axios of another type', "const client = axios.create({ responseType: 'stream' }); return (await client.get(url, { responseType: 'text' })).status;", "const client = axios.create({ responseType: 'text' }); return (await client.get(url, { responseType: 'stream' })).status;", 'Nothing holds'],
    ['an instance of axios', "const client = axios.create({ responseType: 'stream' }); const { data } = await client.get(url); data.resume();", "const client = axios.create({ responseType: 'stream' }); const { status } = await client.get(url); return status;", 'Nothing holds'],
    ['got reads the rest itself', 'return (await got(url)).statusCode;', 'const stream = got.stream(url); return stream.destroyed;', 'returns'],
    ['got.stream', "for await (const part of got.stream(url)) console.log(part);", "got.stream(url).on('error', () => {});", 'Nothing holds'],
    ['got.stream.get', "got.stream.get(url).resume();", "got.stream.get(url);", 'Nothing holds'],
  ]),
};

/** A body that is led through another stream. */
export const transformCases: Group = {
  about: 'through another stream',
  head: "import http from 'node:http';\nimport { Readable } from 'node:stream';\nimport { pipeline } from 'node:stream/promises';\nimport type { ReadableStream as WebStream } from 'node:stream/web';\nvoid [http, Readable, pipeline];\nexport type Web = WebStream;\n",
  twins: twins([
    ['decoded', "let text = ''; for await (const part of (await fetch(url)).body!.pipeThrough(new TextDecoderStream())) text += part; return text;", "const res = await fetch(url); const parts = res.body!.pipeThrough(new TextDecoderStream()); if (!res.ok) return null; let text = ''; for await (const part of parts) text += part; return text;", 'neither read nor cancelled when the function returns'],
    ['decoded, by a reader', "const reader = (await fetch(url)).body!.pipeThrough(new TextDecoderStream()).getReader(); for (;;) { const { done, value } = await reader.read(); if (done) return null; if (value.includes('[DONE]')) { await reader.cancel(); return value; } }", "const reader = (await fetch(url)).body!.pipeThrough(new TextDecoderStream()).getReader(); for (;;) { const { done, value } = await reader.read(); if (done) return null; if (value.includes('[DONE]')) return value; }", 'read only in part'],
    ['a transform with a name', 'const through = new TransformStream(); (await fetch(url)).body!.pipeThrough(through); return through.readable;', 'const through = (await fetch(url)).body!.pipeThrough(new TransformStream()); return through.locked;', 'returns'],
    ['a transform that nobody reads', '(await fetch(url)).body!.pipeThrough(new TransformStream()).pipeTo(new WritableStream());', 'const res = await fetch(url); res.body!.pipeThrough(new TransformStream());', 'the function ends'],
    ['Readable.fromWeb', "const res = await fetch(url); if (!res.ok) { await res.body?.cancel(); return; } await pipeline(Readable.fromWeb(res.body as Web), process.stdout);", "const res = await fetch(url); const stream = Readable.fromWeb(res.body as Web); if (!res.ok) return; await pipeline(stream, process.stdout);", 'returns'],
    ['Readable.fromWeb, given out', 'return Readable.fromWeb((await fetch(url)).body as Web);', 'return Readable.fromWeb((await fetch(url)).body as Web).readableFlowing;', 'Nothing holds'],
    ['Readable.toWeb', 'http.get(url, (res) => { void new Response(Readable.toWeb(res) as BodyInit).text(); });', 'http.get(url, (res) => { console.log(Readable.toWeb(res).locked); });', 'the function ends'],
  ]),
};
