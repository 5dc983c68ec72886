import { twins, type Group } from './twin.js';

export const functionCases: Group = {
  about: 'functions of the same program',
  head: `
    import { closeResponse, ensureOk, logStatus, loadElsewhere, Reader, readAll } from './elsewhere.js';
    void [closeResponse, ensureOk, logStatus, loadElsewhere, Reader, readAll];
    function release(res: Response) { void res.body?.cancel(); }
    function look(res: Response) { return res.status > 300; }
    function check(res: Response) { if (!res.ok) throw new Error('bad'); return res; }
    async function checkAndClose(res: Response) { if (!res.ok) { await res.body?.cancel(); throw new Error('bad'); } }
    function body({ body }: Response) { return body?.cancel(); }
    function status({ status }: Response) { return status; }
    async function open(url: string) { return fetch(url); }
    function ping(res: Response, n: number): void { if (n > 0) pong(res, n - 1); }
    function pong(res: Response, n: number): void { ping(res, n); }
    function read(res: Response): Promise<string>; function read(res: Response | null): Promise<string>;
    async function read(res: Response | null) { return res === null ? '' : res.text(); }
    function fail(message: string): never { throw new Error(message); }
    async function logged(url: string) { const res = await fetch(url); if (!res.ok) console.log(await res.text()); return res; }
    async function strict(url: string) { const res = await fetch(url); if (!res.ok) { console.log(await res.text()); throw new Error('bad'); } return res; }
    async function repeated(url: string) { let res = await fetch(url); if (res.status === 429) { await res.body?.cancel(); res = await fetch(url); } return res; }
    function assertOk(res: Response): asserts res is Response & { ok: true } { if (!res.ok) throw new Error('bad'); }
    async function record(events: string[], how: { dry?: boolean } = {}): Promise<Response | undefined> { const text = JSON.stringify(events); if (events.length === 0 || how.dry) return; return fetch('https://a', { method: 'POST', body: text }); }
    async function recordAll(event: string | string[] = []) { const events = Array.isArray(event) ? event : [event]; if (events.length < 1) { return Promise.resolve(); } return fetch('https://a', { method: 'POST', body: String(events) }); }
    async function maybe(url?: string | null, count = 1) { if (!url) return null; if (count === 0) throw new Error('none'); return fetch(url); }
    async function filled(url?: string) { if (!url) url = 'https://a'; if (!url) return null; return fetch(url); }
    void [logged, strict, repeated, assertOk, record, recordAll, maybe, filled];
    class Holder { #res: Response; constructor(res: Response) { this.#res = res; } close() { return this.#res.text(); } static release(res: Response) { return res.text(); } static look(res: Response) { return res.ok; } }
    class Kept { constructor(private readonly res: Response) {} text() { return this.res.text(); } }
    class Looked { readonly ok: boolean; constructor(res: Response) { this.ok = res.ok; } }
    void [release, look, check, checkAndClose, body, status, open, ping, pong, read, fail, Holder, Kept, Looked];
    `,
  twins: twins([
    ['a helper closes', 'const res = await fetch(url); release(res);', 'const res = await fetch(url); look(res);', '`look` only looks at it'],
    ['a helper in another file closes', 'const res = await fetch(url); await closeResponse(res);', 'const res = await fetch(url); logStatus(res);', '`logStatus` only looks at it'],
    ['a helper of a helper', 'const res = await fetch(url); const deep = (each: Response) => release(each); deep(res);', 'const res = await fetch(url); const deep = (each: Response) => look(each); deep(res);', 'the function ends'],
    ['a helper that throws', 'const res = await fetch(url); await checkAndClose(res); return res.text();', 'const res = await fetch(url); check(res); return res.text();', '`check`, called at'],
    ['a helper of another file that throws', 'const res = await fetch(url); try { ensureOk(res); } catch (error) { await res.body?.cancel(); throw error; } return res.text();', 'const res = await fetch(url); ensureOk(res); return res.text();', 'throws at elsewhere.ts:'],
    ['a helper that gives it back', 'const res = check(await fetch(url).then((each) => each)); return res.text();'.replace('check(', '((each: Response) => each)('), 'const res = ((each: Response) => each)(await fetch(url)); return res.status;', 'returns'],
    ['a helper with a destructured parameter', 'const res = await fetch(url); await body(res);', 'const res = await fetch(url); status(res);', 'the function ends'],
    ['a function that gives it out', 'const res = await open(url); return res.text();', 'const res = await open(url); return res.status;', 'returns'],
    ['a function of another file that gives it out', 'const res = await loadElsewhere(url); return res.text();', 'const res = await loadElsewhere(url); return res.ok;', 'returns'],
    ['given out after it was read on one path', 'const res = await logged(url); if (!res.ok) return null; return res.text();', 'const res = await strict(url); if (!res.ok) return null; return res.text();', 'returns'],
    ['another one is given out', 'const res = await repeated(url); return res.text();', 'const res = await repeated(url); return res.status;', 'returns'],
    ['an assertion', 'const res = await fetch(url); try { assertOk(res); } catch { await res.body?.cancel(); return null; } return res.json();', 'const res = await fetch(url); assertOk(res); return res.json();', '`assertOk`, called at'],
    ['an empty list, for which nothing is sent', 'await record([]);', 'await record([url]);', 'Nothing holds'],
    ['an empty list that is put into a constant first', 'await recordAll([]);', 'await recordAll(url);', 'Nothing holds'],
    ['a flag, for which nothing is sent', 'await record([url], { dry: true });', 'await record([url], { dry: false });', 'Nothing holds'],
    ['a missing argument, for which nothing is sent', 'await maybe();', 'await maybe(url);', 'Nothing holds'],
    ['null, for which nothing is sent', 'await maybe(null);', "await maybe('a');", 'Nothing holds'],
    ['a number, for which it throws', "await maybe('a', 0);", "await maybe('a', undefined);", 'Nothing holds'],
    ['a missing argument that gets a value', 'await (await filled())?.text();', 'await filled();', 'Nothing holds'],
    ['the result of a reading function', 'return readAll(await fetch(url));', 'return look(await fetch(url));', 'Nothing holds'],
    ['functions that call each other', 'const res = await fetch(url); ping(res, 3);', 'const res = await fetch(url); look(res); status(res);', 'only look at it'],
    ['an overloaded helper', 'const res = await fetch(url); return read(res);', 'const res = await fetch(url); return status(res);', 'returns'],
    ['a constructor that keeps it', 'const res = await fetch(url); return new Holder(res);', 'const res = await fetch(url); return new Looked(res).ok;', 'returns'],
    ['a constructor’s own property', 'const res = await fetch(url); return new Kept(res).text();', 'const res = await fetch(url); return Holder.look(res);', 'returns'],
    ['a static method', 'const res = await fetch(url); await Holder.release(res);', 'const res = await fetch(url); console.log(Holder.look(res));', 'the function ends'],
    ['a method of a class in another file', 'const res = await fetch(url); return new Reader().read(res);', 'const res = await fetch(url); return new Reader().look(res);', 'returns'],
    ['a call that never returns', "const res = await fetch(url); if (!res.ok) { await res.text(); fail('no'); } return res.text();", "const res = await fetch(url); if (!res.ok) fail('no'); return res.text();", 'throws'],
    ['then with a named function', 'return fetch(url).then(readAll);', 'return fetch(url).then(look);', 'returns'],
    ['then with a checking function', 'return fetch(url).then(async (res) => { await checkAndClose(res); return res.text(); });', 'return fetch(url).then(check).then((res) => res.text());', 'throws'],
    ['given with more', 'const res = await fetch(url); ((code: number, each: Response) => each.text())(res.status, res);', 'const res = await fetch(url); ((code: number, each?: Response) => code)(res.status, res);', 'the function ends'],
    ['rest parameters', 'const res = await fetch(url); ((...all: Response[]) => Promise.all(all.map((each) => each.text())))(res);', 'const res = await fetch(url); ((n: number, ...all: Response[]) => n + all.length)(res.status);', 'the function ends'],
  ]),
};

/** What the functions’ cases import. */
export const elsewhere = `
export async function closeResponse(res: Response) { await res.body?.cancel(); }
export function ensureOk(res: Response) { if (!res.ok) throw new Error('bad'); }
export function logStatus(res: Response) { console.log(res.status); }
export async function loadElsewhere(url: string) { const res = await fetch(url); if (!res.ok) { await res.text(); throw new Error(); } return res; }
export class Reader { read(res: Response) { return res.text(); } look(res: Response) { return res.ok; } }
export const readAll = async (res: Response) => { const parts = []; for await (const part of res.body!) parts.push(part); return parts; };
`;

export const closureCases: Group = {
  about: 'closures',
  head: "import { test } from 'node:test';\ndeclare function later(run: () => unknown): void;\nvoid [test, later];\n",
  twins: [
    ...twins([
      ['deferred', 'const res = await fetch(url); later(() => res.body?.cancel()); return res.status;', 'const res = await fetch(url); later(() => res.status); return res.status;', 'returns'],
      ['deferred too late', 'const res = await fetch(url); later(() => res.text()); if (!res.ok) throw new Error(); return 1;', 'const res = await fetch(url);\n if (!res.ok) throw new Error(); later(() => res.text()); return 1;', 'throws at line 6'],
      ['made before the request', 'let res: Response | undefined; later(() => res?.body?.cancel()); res = await fetch(url); return res.status;', 'let res: Response | undefined; later(() => res?.status); res = await fetch(url); return res.status;', 'returns'],
      ['a named function, called', 'const res = await fetch(url); const cleanup = () => res.text(); if (!res.ok) { await cleanup(); return; } await cleanup();', 'const res = await fetch(url); const cleanup = () => res.text(); if (!res.ok) { return; } await cleanup();', 'returns'],
      ['a named function, handed on', 'const res = await fetch(url); later(cleanup); function cleanup() { return res.text(); }', 'const res = await fetch(url); later(show); function show() { return res.status; }', 'the function ends'],
      ['a named function that calls another', 'const res = await fetch(url); const close = () => res.text(); later(() => close());', 'const res = await fetch(url); const show = () => res.url; later(() => show());', 'the function ends'],
      ['called at once', 'const res = await fetch(url); await (async () => { await res.text(); })();', 'const res = await fetch(url); await (async () => { console.log(res.status); })();', 'the function ends'],
      ['finally', 'const res = await fetch(url); return Promise.resolve(1).finally(() => res.body?.cancel());', 'const res = await fetch(url); return Promise.resolve(1).finally(() => console.log(res.status));', 'returns'],
      ['a generator that reads', 'const res = await fetch(url); return (async function* () { yield* res.body!; })();', 'const res = await fetch(url); return (async function* () { yield res.status; })();', 'returns'],
      ['an object’s method', 'const res = await fetch(url); return { text() { return res.text(); } };', 'const res = await fetch(url); return { status() { return res.status; } };', 'returns'],
      ['a pull that reads on', 'const reader = (await fetch(url)).body!.getReader(); return new ReadableStream({ async pull(to) { const { done, value } = await reader.read(); if (done) to.close(); else to.enqueue(value); } });', 'const reader = (await fetch(url)).body!.getReader(); return new ReadableStream({ start() { reader.releaseLock(); } });', 'returns'],
    ]),
    {
      name: 'a function that calls itself',
      good: 'export async function load(url: string): Promise<string> { const res = await fetch(url); if (res.status === 503) { await res.body?.cancel(); return load(url); } return res.text(); }\n',
      bad: 'export async function load(url: string): Promise<string> { const res = await fetch(url); if (res.status === 503) return load(url); return res.text(); }\n',
      says: 'returns',
    },
    {
      name: 'after a test',
      good: "test('a', async (t) => { const res = await fetch('http://a'); t.after(() => res.body?.cancel()); });\n",
      bad: "test('a', async (t) => { const res = await fetch('http://a'); t.after(() => res.ok); });\n",
      says: 'the function ends',
    },
  ],
};
