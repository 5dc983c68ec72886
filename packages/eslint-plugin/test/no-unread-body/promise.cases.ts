import { twins, type Group } from './twin.js';

/** A response that goes to an awaiter or a caller through a function that is a parameter. */
export const promiseCases: Group = {
  about: 'given to a parameter',
  head: `import http, { type IncomingMessage as Message } from 'node:http';
import https from 'node:https';
void https;
declare function unknown(value: unknown): void;
export const direct = (url: string): Promise<Message> => new Promise((resolve, reject) => { http.get(url, resolve).on('error', reject); });
export const inArrow = (url: string): Promise<Message> => new Promise((resolve, reject) => { http.get(url, (res) => resolve(res)).on('error', reject); });
export const onEvent = (url: string): Promise<Message> => new Promise((resolve, reject) => { const req = https.request(url); req.once('response', resolve); req.once('error', reject); req.end(); });
export const onlyGood = (url: string): Promise<Message> => new Promise((resolve, reject) => { http.get(url, (res) => { if (res.statusCode === 200) { resolve(res); return; } res.resume(); reject(new Error('bad')); }); });
export const wrapped = async (url: string): Promise<Message> => { const res = await direct(url); return res; };
export const thenned = (url: string): Promise<Response> => new Promise((resolve, reject) => { fetch(url).then(resolve, reject); });
export const resolvedWith = (url: string): Promise<Response> => new Promise((resolve) => { resolve(fetch(url)); });
export const late = (url: string): Promise<Message> => new Promise((resolve) => { http.get(url, (res) => { resolve(res); res.resume(); }); });
export const drained = (url: string): Promise<Message> => new Promise((resolve) => { http.get(url, (res) => { res.on('data', console.log); res.on('end', () => resolve(res)); }); });
export const maybe = (url: string): Promise<Message | null> => new Promise((resolve) => { http.get(url, resolve).on('error', () => resolve(null)); });
export const redirecting = (url: string): Promise<Message> => new Promise((resolve) => { const ask = (at: string, done: (res: Message) => void): void => { http.get(at, (res) => { if (res.headers.location) { res.resume(); ask(res.headers.location, done); } else done(res); }); }; ask(url, resolve); });
export const inHelper = (url: string): Promise<Message> => new Promise((resolve) => { const settle = (res: Message): void => { console.log(res.statusCode); resolve(res); }; http.get(url, settle); });
export const listed = (url: string): Promise<[Message, number]> => new Promise((resolve) => { http.get(url, (res) => resolve([res, 1])); });
export const body = (url: string): Promise<ReadableStream | null> => new Promise((resolve) => { void fetch(url).then((res) => resolve(res.body)); });
export function send(url: string, done: (error: Error | null, res?: Message) => void): void { http.get(url, (res) => done(null, res)).on('error', done); }
export function ask(url: string, done: (res: Message) => void): void { http.get(url, done); }
export function askFor(url: string, options: object, done: (res: Message) => void): void { unknown(options); ask(url, done); }
export class Client { send(url: string): Promise<Message> { return new Promise((resolve, reject) => { http.get(url, (res) => { resolve(res); }).on('error', reject); }); } }
`,
  twins: twins([
    ['a promise, awaited at once', 'const res = await new Promise<Message>((resolve, reject) => { http.get(url, resolve).on("error", reject); }); res.resume();', 'const res = await new Promise<Message>((resolve, reject) => { http.get(url, resolve).on("error", reject); }); return res.statusCode;', 'neither read nor resumed when the function returns'],
    ['a promise, as an expression', 'const res = await new Promise<Message>((ok) => http.get(url, ok)); return res.destroy();', 'const res = await new Promise<Message>((ok) => http.get(url, ok)); return res.headers;', 'returns'],
    ['a promise of nobody', 'await new Promise((ok) => http.get(url, (res) => ok(res.resume())));', 'await new Promise((ok) => http.get(url, ok));', 'Nothing holds'],
    ['a function that gives it', 'const res = await direct(url); res.resume();', 'const res = await direct(url); return res.statusCode;', 'returns'],
    ['the promise alone', 'return direct(url);', 'const res = await direct(url); if (res.statusCode !== 200) throw new Error(); return res;', 'throws'],
    ['resolve in a callback', 'const res = await inArrow(url); res.resume();', 'const res = await inArrow(url); return res.statusCode;', 'returns'],
    ['resolve as a listener', 'const res = await onEvent(url); res.resume();', 'const res = await onEvent(url); return res.statusCode;', 'returns'],
    ['resolved on one path, finished on the other', 'const res = await onlyGood(url); res.resume();', 'const res = await onlyGood(url); return res.statusCode;', 'returns'],
    ['through a second function', 'const res = await wrapped(url); res.resume();', 'const res = await wrapped(url); return res.statusCode;', 'returns'],
    ['then(resolve)', 'const res = await thenned(url); return res.text();', 'const res = await thenned(url); return res.status;', 'neither read nor cancelled'],
    ['resolved with a promise', 'const res = await resolvedWith(url); return res.text();', 'const res = await resolvedWith(url); return res.status;', 'returns'],
    ['then on the promise', 'return direct(url).then((res) => { res.resume(); });', 'return direct(url).then((res) => res.statusCode);', 'returns'],
    ['read after it was given', 'const res = await late(url); return res.statusCode;', 'const res = await inArrow(url); return res.statusCode;', 'returns'],
    ['read before it was given', 'const res = await drained(url); return res.statusCode;', 'const res = await inArrow(url); return res.rawHeaders;', 'returns'],
    ['null in its place', 'const res = await maybe(url); if (res === null) return null; res.resume(); return 1;', 'const res = await maybe(url); if (res === null) return null; return res.statusCode;', 'returns'],
    ['given on by a function that calls itself', 'const res = await redirecting(url); res.resume();', 'const res = await redirecting(url); return res.statusCode;', 'returns'],
    ['given on by a helper', 'const res = await inHelper(url); res.resume();', 'const res = await inHelper(url); return res.statusCode;', 'returns'],
    ['in a tuple', 'const [res] = await listed(url); res.resume();', 'const [res] = await listed(url); return res.statusCode;', 'returns'],
    ['the body', 'const stream = await body(url); await stream?.cancel();', 'const stream = await body(url); return stream?.locked;', 'returns'],
    ['a callback', 'send(url, (error, res) => { if (error) return; res?.resume(); });', 'send(url, (error, res) => { if (error) return; console.log(res?.statusCode); });', 'the function ends'],
    ['the function is the callback', 'ask(url, (res) => { res.resume(); });', 'ask(url, (res) => { console.log(res.statusCode); });', 'the function ends'],
    ['a callback given on', 'askFor(url, {}, (res) => { res.resume(); });', 'askFor(url, {}, (res) => { console.log(res.statusCode); });', 'the function ends'],
    ['a callback of another function', 'ask(url, unknown);', 'ask(url, () => {});', 'Nothing holds'],
    ['a promise of a callback', 'const res = await new Promise<Message>((ok) => ask(url, ok)); res.resume();', 'const res = await new Promise<Message>((ok) => ask(url, ok)); return res.statusCode;', 'returns'],
    ['a promise of a callback with an error', 'const res = await new Promise<Message | undefined>((ok, no) => { send(url, (error, res) => { if (error) no(error); else ok(res); }); }); res?.resume();', 'const res = await new Promise<Message | undefined>((ok, no) => { send(url, (error, res) => { if (error) no(error); else ok(res); }); }); return res?.statusCode;', 'returns'],
    ['a method', 'const res = await new Client().send(url); res.resume();', 'const res = await new Client().send(url); return res.statusCode;', 'returns'],
    ['rejected with', 'return new Promise((_, reject) => { http.get(url, reject); });', 'return new Promise((resolve, reject) => { http.get(url, (res) => { if (res.statusCode === 200) resolve(1); else reject(res); }); });', 'the function ends'],
    ['in Promise.all', 'const [a] = await Promise.all([direct(url)]); a.resume();', 'const [a] = await Promise.all([direct(url)]); return a.statusCode;', 'returns'],
    ['an error in its place', 'const res = await direct(url).catch(() => null); res?.resume();', 'const res = await direct(url).catch(() => null); return res?.statusCode;', 'returns'],
  ]),
};
