import { twins, type Group } from './twin.js';

const keeps = 'export async function load(url: string, box: Box) { box.keep(await fetch(url)); }\n';
/** An error of the program that gets the response. */
const failure = (body: string): string => `export class Failure extends Error { ${body} }\nexport async function load(url: string) { const res = await fetch(url); if (!res.ok) throw new Failure(res); return res.json(); }\n`;
const klass = (body: string): string => `export class Box { ${body} }\n`;

/** A response beside other values: in an object, a tuple, a result type, a field. */
export const recordCases: Group = {
  about: 'beside other values',
  head: `declare function unknown(value: unknown): void;
declare function fails(): Error | undefined;
void [unknown, fails];
export async function timed(url: string) { const start = Date.now(); const res = await fetch(url); return { res, took: Date.now() - start }; }
export async function pair(url: string): Promise<[Response, number]> { const res = await fetch(url); return [res, 1]; }
export async function split(url: string) { const { status, body } = await fetch(url); return { status, body }; }
export async function described(url: string) { const res = await fetch(url); return { ok: res.ok, status: res.status, res }; }
export async function deep(url: string) { const { res, took } = await timed(url); return { took, inner: { res } }; }
export type Result = { ok: true; value: Response } | { ok: false; error: unknown };
export async function safe(url: string): Promise<Result> { try { const value = await fetch(url); return { ok: true, value }; } catch (error) { return { ok: false, error }; } }
export type Kinded = { kind: 'got'; res: Response } | { kind: 'failed'; error: unknown };
export async function kinded(url: string): Promise<Kinded> { try { return { kind: 'got', res: await fetch(url) }; } catch (error) { return { kind: 'failed', error }; } }
export async function go(url: string): Promise<[Error, null] | [null, Response]> { try { return [null, await fetch(url)]; } catch (error) { return [error as Error, null]; } }
export async function either(url: string): Promise<{ res?: Response; error?: unknown }> { try { return { res: await fetch(url) }; } catch (error) { return { error }; } }
export async function murky(url: string) { const res = await fetch(url); let error = fails(); if (error) error = new Error('a'); return { res, error }; }
export async function both(url: string) { const response = await fetch(url); if (response.headers.get('content-length') === '0') return { data: null, response }; const data: unknown = await response.json(); return { data, response }; }
export async function readHere(url: string) { const response = await fetch(url); const text = await response.text(); return { text, response }; }
export async function readBeside(url: string) { const res = await fetch(url); return { res, json: (await res.json()) as unknown }; }
export async function readByOther(url: string): Promise<[Response, unknown]> { const res = await fetch(url); return [res, await parsed(res)]; }
const parsed = (res: Response): Promise<unknown> => res.json();
export const readResolved = (url: string): Promise<{ res: Response; text: Promise<string> }> => new Promise((resolve) => { void fetch(url).then((res) => resolve({ res, text: res.text() })); });
export function handle(url: string, options?: { raw?: boolean }): Promise<any> { return fetch(url).then((res) => { if (options?.raw) return res; return res.json(); }); }
export function handleTyped(url: string, options?: { raw?: boolean }): Promise<Response | string> { return fetch(url).then(async (res): Promise<Response | string> => { if (options?.raw) return res; return res.text(); }); }
export async function strict(url: string) { const response = await fetch(url); if (!response.ok) { const text = await response.text(); throw new Error(text); } return { response, url }; }
export async function spread(url: string) { const own = await timed(url); return { ...own, url }; }
export const given = (url: string): Promise<{ res: Response; url: string }> => new Promise((resolve, reject) => { fetch(url).then((res) => resolve({ res, url }), reject); });
export async function again(url: string) { for (let n = 0; ; n++) { const res = await fetch(url); if (res.status === 503 && n < 3) { await res.body?.cancel(); continue; } return { res, n }; } }
`,
  twins: twins([
    ['an object', 'const { res, took } = await timed(url); console.log(took); return res.text();', 'const { res, took } = await timed(url); console.log(took); return res.status;', 'neither read nor cancelled when the function returns'],
    ['a member of it', 'const result = await timed(url); return result.res.text();', 'const result = await timed(url); return result.res.ok;', 'returns'],
    ['only the rest is taken', 'return timed(url);', 'const { took } = await timed(url); return took;', 'Nothing holds'],
    ['under another name', 'const { res: own } = await timed(url); return own.text();', 'const { res: own } = await timed(url); return own.ok;', 'returns'],
    ['the rest of it', 'const { took, ...rest } = await timed(url); unknown(rest); return took;', 'const { took, ...rest } = await timed(url); return [took, rest.res.ok];', 'returns'],
    ['a condition on what is known', 'const { res, took } = await timed(url); if (took > 100) { await res.body?.cancel(); return null; } return res.text();', 'const { res, took } = await timed(url); if (took > 100) return null; return res.text();', 'returns'],
    ['a tuple', 'const [res, n] = await pair(url); console.log(n); return res.text();', 'const [res, n] = await pair(url); return [n, res.ok];', 'returns'],
    ['an element of it', 'const result = await pair(url); return result[0].text();', 'const result = await pair(url); return result[0].ok;', 'returns'],
    ['only the other element', 'const [res] = await pair(url); return res.text();', 'const [, n] = await pair(url); return n;', 'Nothing holds'],
    ['its body', 'const { status, body } = await split(url); if (status !== 200) { await body?.cancel(); return null; } return new Response(body).text();', 'const { status, body } = await split(url); if (status !== 200) return null; return new Response(body).text();', 'returns'],
    ['parts of the response', 'const result = await described(url); if (!result.ok) { await result.res.body?.cancel(); return result.status; } return result.res.text();', 'const result = await described(url); if (!result.ok) return result.status; return result.res.text();', 'returns'],
    ['in an object in an object', 'const { inner } = await deep(url); return inner.res.text();', 'const { inner } = await deep(url); return inner.res.ok;', 'returns'],
    ['a result type', 'const result = await safe(url); if (!result.ok) throw result.error; return result.value.text();', 'const result = await safe(url); if (!result.ok) throw result.error; return result.value.status;', 'returns'],
    ['a result type, the other way', 'const result = await safe(url); if (result.ok) return result.value.text(); return null;', 'const result = await safe(url); if (result.ok) return result.value.status; return null;', 'returns'],
    ['a kind', "const result = await kinded(url); if (result.kind === 'failed') throw result.error; return result.res.text();", "const result = await kinded(url); if (result.kind === 'failed') throw result.error; return result.res.status;", 'returns'],
    ['a switch over kinds', "const result = await kinded(url); switch (result.kind) { case 'got': return result.res.text(); case 'failed': return null; }", "const result = await kinded(url); switch (result.kind) { case 'got': return result.res.ok; case 'failed': return null; }", 'returns'],
    ['in', "const result = await kinded(url); if ('error' in result) throw result.error; return result.res.text();", "const result = await kinded(url); if ('error' in result) throw result.error; return result.res.status;", 'returns'],
    ['an error first', 'const [error, res] = await go(url); if (error) throw error; return res.text();', 'const [error, res] = await go(url); if (error) throw error; return res.status;', 'returns'],
    ['an error first, compared', 'const [error, res] = await go(url); if (error !== null) return null; return res.text();', 'const [error, res] = await go(url); if (error !== null) return null; return res.ok;', 'returns'],
    ['a property that is not there', 'const { res, error } = await either(url); if (error !== undefined) throw error; return res?.text();', 'const { res, error } = await either(url); if (error !== undefined) throw error; return res?.status;', 'returns'],
    ['a known value, asked in another way', 'const { res, error } = await either(url); if (Boolean(error)) throw error; return res?.text();', 'const { res, error } = await either(url); unknown(error); return res?.status;', 'returns'],
    ['a known value, by its type', 'const [error, res] = await go(url); if (error instanceof Error) throw error; return res?.text();', 'const [error, res] = await go(url); if (error) throw error; return res.ok;', 'returns'],
    ['a known value with a default', "const { res, error = 'none' } = await either(url); if (error !== 'none') throw error; return res?.text();", "const { res, error = 'none' } = await either(url); unknown(error); return res?.ok;", 'returns'],
    ['a value of it under another name', 'const { res, error } = await either(url); const wrong = error; if (wrong) throw wrong; return res?.text();', 'const { res, error } = await either(url); const wrong = error; if (wrong) throw wrong; return res?.ok;', 'returns'],
    ['asked for the response', 'const { res, error } = await either(url); if (!res) throw error; return res.text();', 'const { res, error } = await either(url); if (!res) throw error; return res.ok;', 'returns'],
    ['a value of which nothing is known', 'const { res, error } = await murky(url); if (error) throw error; return res.status;', 'const { res, error } = await murky(url); unknown(error); return res.status;', 'returns'],
    ['a member of it of which nothing is known', "const result = await murky(url); if (typeof result.error === 'string') return null; return result.res.ok;", 'const result = await murky(url); return result.res.ok;', 'returns'],
    ['read on another path', 'const { data, response } = await both(url); return response.ok ? data : null;', 'const { data, response } = await both(url); await fetch(url); return response.ok ? data : null;', 'Nothing holds'],
    ['read before', 'const { text, response } = await readHere(url); return response.ok ? text : null;', 'const { response, url: at } = await strict(url); return [at, response.ok];', 'returns'],
    ['read in the object that is given out', 'return (await readBeside(url)).json;', 'return (await described(url)).status;', 'Nothing holds'],
    ['read by a function in the tuple that is given out', 'const [res, json] = await readByOther(url); return res.ok ? json : null;', 'const [res] = await pair(url); return res.ok;', 'returns'],
    ['read in the object that a promise resolves with', 'const { res, text } = await readResolved(url); return res.ok ? text : null;', 'const { res, url: at } = await given(url); return res.ok ? at : null;', 'returns'],
    ['read on another path, and types do not say', 'const data = await handle(url); return data.id;', 'const data = await handleTyped(url); if (typeof data === "string") return data; return data.ok;', 'returns'],
    ['read on the path that throws', 'const { response } = await strict(url); return response.text();', 'const { response } = await strict(url); return response.status;', 'returns'],
    ['spread', 'const { res } = await spread(url); return res.text();', 'const { res } = await spread(url); return res.status;', 'returns'],
    ['resolved with', 'const { res } = await given(url); return res.text();', 'const { res } = await given(url); return res.ok;', 'returns'],
    ['a retry', 'const { res } = await again(url); return res.text();', 'const { res } = await again(url); return res.ok;', 'returns'],
    ['an object of this function', 'const all = { res: await fetch(url) }; return all.res.text();', 'const all = { res: await fetch(url) }; return all.res.ok;', 'returns'],
    ['given to a function as an object', 'const read = ({ res }: { res: Response; url: string }) => res.text(); return read({ res: await fetch(url), url });', 'const look = ({ res }: { res: Response; url: string }) => res.ok; return look({ res: await fetch(url), url });', 'Nothing holds'],
    ['an object that is stored', 'const all = { res: await fetch(url) }; unknown(all);', 'const all = { res: await fetch(url) }; unknown(all.res.ok);', 'the function ends'],
    ['an object with a method that reads', 'const res = await fetch(url); return { res, text: () => res.text() };', 'const res = await fetch(url); return { ok: res.ok, text: () => url };', 'returns'],
    ['an array of objects', 'const all = await Promise.all([url].map(async (each) => ({ each, res: await fetch(each) }))); return Promise.all(all.map(({ res }) => res.text()));', 'const all = await Promise.all([url].map(async (each) => ({ each, res: await fetch(each) }))); return all.map(({ res }) => res.ok);', 'returns'],
    ['then', 'return timed(url).then(({ res }) => res.text());', 'return timed(url).then(({ res }) => res.ok);', 'returns'],
    ['an object in a condition', 'const result = url ? await timed(url) : null; return result?.res.text();', 'const result = url ? await timed(url) : null; return result?.res.ok;', 'returns'],
    ['assigned later', 'let result; try { result = await timed(url); } catch { return null; } return result.res.text();', 'let result; try { result = await timed(url); } catch { return null; } return result.took;', 'returns'],
    ['in a loop', 'for (let n = 0; n < 3; n++) { const { res } = await timed(url); if (res.ok) return res.json(); await res.body?.cancel(); } return null;', 'for (let n = 0; n < 3; n++) { const { res } = await timed(url); if (res.ok) return res.json(); } return null;', 'the next one takes its place'],
  ]),
};

/** A response in a field: of a private one, the class tells who reads it. */
export const fieldCases: Group = {
  about: 'in a field',
  head: '',
  twins: [
    { name: 'read in another method', good: klass('#last: Response | null = null; async load(url: string) { this.#last = await fetch(url); } read() { return this.#last?.text(); }'), bad: klass('#last: Response | null = null; async load(url: string) { this.#last = await fetch(url); } read() { return this.#last?.status; }'), says: 'neither read nor cancelled when only `this.#last` holds it' },
    { name: 'private to TypeScript', good: klass('private last?: Response; async load(url: string) { const res = await fetch(url); this.last = res; } read() { return this.last!.json(); }'), bad: klass('private last?: Response; async load(url: string) { const res = await fetch(url); this.last = res; } get ok() { return this.last!.ok; }'), says: 'which nothing in its class reads' },
    { name: 'public', good: klass('last?: Response; async load(url: string) { this.last = await fetch(url); }'), bad: klass('last?: number; async load(url: string) { this.last = (await fetch(url)).status; }'), says: 'Nothing holds' },
    { name: 'protected', good: klass('protected last?: Response; async load(url: string) { this.last = await fetch(url); }'), bad: klass('#never?: Response; async load(url: string) { this.#never = await fetch(url); }'), says: 'this.#never' },
    { name: 'given out by a getter', good: klass('#last?: Response; async load(url: string) { this.#last = await fetch(url); } get last() { return this.#last; }'), bad: klass('#last?: Response; async load(url: string) { this.#last = await fetch(url); } get last() { return this.#last?.url; }'), says: 'this.#last' },
    { name: 'read through another instance', good: klass('#last?: Response; async load(url: string) { this.#last = await fetch(url); } static read(of: Box) { return of.#last?.text(); }'), bad: klass('#last?: Response; async load(url: string) { this.#last = await fetch(url); } static read(of: Box) { return of.#last?.ok; }'), says: 'this.#last' },
    { name: 'under a name', good: klass('private last?: Response; async load(url: string) { this.last = await fetch(url); } async read() { const { last } = this; return last?.text(); }'), bad: klass('private last?: Response; async load(url: string) { this.last = await fetch(url); } async read() { const { url } = { url: this.last?.url }; return url; }'), says: 'this.last' },
    { name: 'its value is used', good: klass('#last?: Response; async load(url: string) { return (this.#last = await fetch(url)); } get ok() { return this.#last?.ok; }'), bad: klass('#last?: Response; async load(url: string) { this.#last = await fetch(url); return this.#last.ok; }'), says: 'this.#last' },
    { name: 'cancelled at the end', good: klass('#last?: Response; async load(url: string) { this.#last = await fetch(url); } async close() { await this.#last?.body?.cancel(); }'), bad: klass('#last?: Response; async load(url: string) { this.#last = await fetch(url); } async close() { this.#last = undefined; }'), says: 'this.#last' },
    { name: 'by any name', good: klass('private last?: Response; async load(url: string) { this.last = await fetch(url); } read(name: "last") { return this[name]?.text(); }'), bad: klass('private last?: Response; async load(url: string) { this.last = await fetch(url); } read() { return this["last"]?.ok; }'), says: 'this.last' },
    { name: 'kept by a method', good: klass('#last?: Response; keep(res: Response) { this.#last = res; } read() { return this.#last?.text(); }') + keeps, bad: klass('#last?: Response; keep(res: Response) { this.#last = res; } get ok() { return this.#last?.ok; }') + keeps, says: 'Nothing holds' },
    { name: 'in an error that is thrown', good: failure('readonly last: Response; constructor(res: Response) { super("a"); this.last = res; }'), bad: failure('readonly #last: Response; constructor(res: Response) { super("a"); this.#last = res; } get status() { return this.#last.status; }'), says: 'the function throws' },
    { name: 'in an error that reads it', good: failure('constructor(private readonly last: Response) { super("a"); } text() { return this.last.text(); }'), bad: failure('constructor(private readonly last: Response) { super("a"); } get status() { return this.last.status; }'), says: 'the function throws' },
    { name: 'a field of an error by its parameter', good: failure('constructor(readonly last: Response) { super("a"); }'), bad: failure('constructor(private last: Response) { super(last.statusText); } ok() { return this.last.ok; }'), says: 'the function throws' },
    { name: 'in the cause of an error as well', good: failure('constructor(private readonly last: Response) { super("a", { cause: last }); } ok() { return this.last.ok; }'), bad: failure('constructor(private readonly last: Response) { super("a", { cause: last.status }); } ok() { return this.last.ok; }'), says: 'the function throws' },
    { name: 'in an error that gets its status only', good: failure('constructor(last: Response) { super("a"); void last.body?.cancel(); }'), bad: failure('constructor(last: Response) { super(`${last.status}`); }'), says: 'the function throws' },
  ],
};

/** A response whose type has only some of the platform's members. */
export const narrowedCases: Group = {
  about: 'narrowed types',
  head: `export type Some = Pick<Response, 'ok' | 'status' | 'json'>;
export interface Res { status: number; json(): Promise<unknown> }
export async function picked(url: string): Promise<Some> { return fetch(url); }
export async function own(url: string): Promise<Res> { const res: Res = await fetch(url); return res; }
export async function partial(url: string): Promise<Partial<Response>> { return fetch(url); }
export async function none(url: string): Promise<Res> { return { status: url.length, json: () => Promise.resolve(url) }; }
export interface Client { send(url: string): Promise<Res> }
export const client: Client = { async send(url) { return fetch(url); } };
export type Fetcher = (url: string) => Promise<Some>;
export class Sender { constructor(private readonly fetcher: Fetcher) {} async send(url: string): Promise<unknown> { const res = await this.fetcher(url); return res.json(); } }
`,
  twins: twins([
    ['Pick', 'const res: Some = await fetch(url); return res.json();', 'const res: Some = await fetch(url); return res.status;', 'neither read nor cancelled when the function returns'],
    ['an interface', 'const res: Res = await fetch(url); return res.json();', 'const res: Res = await fetch(url); return res.status;', 'returns'],
    ['a function that gives a Pick', 'const res = await picked(url); return res.json();', 'const res = await picked(url); return res.ok;', 'returns'],
    ['a function that gives an interface', 'const res = await own(url); return res.json();', 'const res = await own(url); return res.status;', 'returns'],
    ['a function that gives a Partial', 'const res = await partial(url); return res.json?.();', 'const res = await partial(url); return res.status;', 'returns'],
    ['the same type without a response', 'const res = await none(url); return res.status;', 'const res = await own(url); if (res.status === 500) throw new Error(); return res.json();', 'throws'],
    ['a parameter', 'const read = (res: Res) => res.json(); return read(await fetch(url));', 'const look = (res: Res) => res.status; return look(await fetch(url));', 'Nothing holds'],
    ['a parameter that throws', 'const strict = (res: Some) => { if (!res.ok) return res.json(); return res.json(); }; const res = await fetch(url); return strict(res);', 'const strict = (res: Some) => { if (!res.ok) throw new Error(); return res.json(); }; const res = await fetch(url); return strict(res);', '`strict`, called at'],
    ['a cast', 'const res = (await fetch(url)) as unknown as Res; return res.json();', 'const res = (await fetch(url)) as unknown as Res; return res.status;', 'returns'],
    ['a property that reads', 'const { json } = (await fetch(url)) as Res; return json;', 'const { status } = (await fetch(url)) as Res; return status;', 'Nothing holds'],
    ['beside others', 'const all: { res: Res } = { res: await fetch(url) }; return all.res.json();', 'const all: { res: Res } = { res: await fetch(url) }; return all.res.status;', 'the function returns'],
  ]),
};
