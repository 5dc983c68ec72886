import { twins, type Group } from './twin.js';

/** A response that goes to an awaiter or a caller through a function that is a parameter. */
export const promiseCases: Group = {
  about: 'given to a parameter',
  head: `import http, { type IncomingMessage as Message } from 'node:http';
import https from 'node:https';
import util, { promisify } from 'node:util';
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
export function drainedOr(url: string, done: (res: Message) => void): void { http.get(url, (res) => { if (res.statusCode !== 200) { res.resume(); done(res); } else done(res); }); }
export const readOr = (url: string): Promise<Message> => new Promise((resolve) => { http.get(url, (res) => { if (res.statusCode === 200) { resolve(res); return; } res.on('data', console.log); res.on('end', () => resolve(res)); }); });
export const readThenResolved = (url: string): Promise<Response> => new Promise((resolve, reject) => { fetch(url).then((res) => { if (res.ok) resolve(res); else void res.text().then(() => resolve(res)); }, reject); });
export const sendAsync = promisify(send);
export class Wrapped { readonly send = util.promisify(send); }
export const deferred = (url: string): Promise<Message> => { const { promise, resolve, reject } = Promise.withResolvers<Message>(); http.get(url, resolve).on('error', reject); return promise; };
export const deferredObject = (url: string): Promise<Message> => { const settled = Promise.withResolvers<Message>(); http.get(url, (res) => { settled.resolve(res); }).on('error', settled.reject); return settled.promise; };
export const deferredOr = (url: string): Promise<Message> => { const { promise, resolve } = Promise.withResolvers<Message>(); http.get(url, (res) => { if (res.statusCode !== 200) res.resume(); resolve(res); }); return promise; };
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
    ['resolved with after it was read on one path', 'const res = await readOr(url); if (res.statusCode !== 200) return null; res.resume(); return 1;', 'const res = await onlyGood(url); if (res.statusCode !== 200) return null; res.resume(); return 1;', 'returns'],
    ['resolved with in the callback of its text', 'const res = await readThenResolved(url); if (!res.ok) return null; return res.text();', 'const res = await thenned(url); if (!res.ok) return null; return res.text();', 'returns'],
    ['a callback after it was drained on one path', 'drainedOr(url, (res) => { if (res.statusCode !== 200) return; res.resume(); });', 'ask(url, (res) => { if (res.statusCode !== 200) return; res.resume(); });', 'returns'],
    ['promisify', 'const res = await sendAsync(url); res?.resume(); return res?.statusCode;', 'const res = await sendAsync(url); return res?.statusCode;', 'returns'],
    ['promisify, called at once', 'const res = await promisify(send)(url); return res?.destroy();', 'const res = await promisify(send)(url); return res?.headers;', 'returns'],
    ['promisify, dropped', '(await sendAsync(url))?.resume();', 'await sendAsync(url);', 'Nothing holds'],
    ['promisify in a field', 'const res = await new Wrapped().send(url); res?.resume();', 'const res = await new Wrapped().send(url); return res?.statusCode;', 'returns'],
    ['promisify of a function without a response', "const ask = promisify((at: string, done: (error: Error | null, length: number) => void) => { http.get(at, (res) => { res.resume(); done(null, 1); }); }); return ask(url);", "const ask = promisify((at: string, done: (error: Error | null, length: number) => void) => { http.get(at, (res) => { done(null, res.rawHeaders.length); }); }); return ask(url);", 'the function ends'],
    ['withResolvers', 'const res = await deferred(url); res.resume();', 'const res = await deferred(url); return res.statusCode;', 'returns'],
    ['withResolvers, an object', 'const res = await deferredObject(url); res.resume();', 'const res = await deferredObject(url); return res.statusCode;', 'returns'],
    ['withResolvers, read on one path', 'const res = await deferredOr(url); if (res.statusCode !== 200) return null; res.resume(); return 1;', 'const res = await deferred(url); if (res.statusCode !== 200) return null; res.resume(); return 1;', 'returns'],
    ['withResolvers, awaited here', 'const { promise, resolve, reject } = Promise.withResolvers<Message>(); http.get(url, resolve).on("error", reject); const res = await promise; res.resume();', 'const { promise, resolve, reject } = Promise.withResolvers<Message>(); http.get(url, resolve).on("error", reject); const res = await promise; return res.statusCode;', 'returns'],
    ['withResolvers, an object awaited here', 'const settled = Promise.withResolvers<Response>(); fetch(url).then(settled.resolve, settled.reject); return (await settled.promise).text();', 'const settled = Promise.withResolvers<Response>(); fetch(url).then(settled.resolve, settled.reject); return (await settled.promise).ok;', 'returns'],
    ['withResolvers, awaited by other code', 'const { promise, resolve } = Promise.withResolvers<Message>(); unknown(promise); http.get(url, resolve); await promise;', 'const { promise, resolve } = Promise.withResolvers<Message>(); http.get(url, resolve); await promise;', 'the function ends'],
    ['withResolvers, before the request', 'const { promise, resolve } = Promise.withResolvers<Message>(); if (url === "") return null; http.get(url, resolve); return promise;', 'const { promise, resolve } = Promise.withResolvers<Message>(); http.get(url, resolve); if (url === "") return null; return promise;', 'returns'],
    ['withResolvers, the request is destroyed', 'const { promise, resolve } = Promise.withResolvers<Message>(); const req = http.get(url, resolve); const res = await promise; req.destroy(); return res.statusCode;', 'const { promise, resolve } = Promise.withResolvers<Message>(); const req = http.get(url, resolve); const res = await promise; return [req.path, res.statusCode];', 'returns'],
    ['in Promise.all', 'const [a] = await Promise.all([direct(url)]); a.resume();', 'const [a] = await Promise.all([direct(url)]); return a.statusCode;', 'returns'],
    ['an error in its place', 'const res = await direct(url).catch(() => null); res?.resume();', 'const res = await direct(url).catch(() => null); return res?.statusCode;', 'returns'],
  ]),
};
