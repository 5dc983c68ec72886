import { twins, type Group } from './twin.js';

/** Functions in objects: called there, or given to a function that calls them. */
export const givenFunctionCases: Group = {
  about: 'functions in objects, and functions that are given',
  head: `export const api = { get: (url: string) => fetch(url), post(url: string) { return fetch(url, { method: 'POST' }); }, v1: { list: (url: string) => fetch(url) }, text: async (url: string) => (await fetch(url)).text() };
export const frozen = Object.freeze({ get: (url: string) => fetch(url) });
export const constant = { get: (url: string) => fetch(url) } as const;
export interface Api { get(url: string): Promise<Response> }
export const checked = { get: (url: string) => fetch(url) } satisfies Api;
export class Client { get = (url: string) => fetch(url); static post = async (url: string) => fetch(url); readonly routes = { list: (url: string) => fetch(url) }; }
export const routes = new Map<string, (url: string) => Promise<Response>>([['a', (url) => fetch(url)]]);
export const clientOf = (base: string) => ({ get: (path: string) => fetch(base + path), head: (path: string) => fetch(base + path, { method: 'HEAD' }) });
export async function run<T>(options: { request: () => Promise<T>; tries: number }): Promise<T> { for (let n = 0; ; n++) { try { return await options.request(); } catch (error) { if (n > options.tries) throw error; } } }
export async function once<T>(call: () => Promise<T>): Promise<T> { return call(); }
export declare function limit<T>(call: () => Promise<T>, options?: object): Promise<T>;
export const timed = (name: string) => async <T>(call: () => Promise<T>): Promise<T> => { console.time(name); return call(); };
export const open = async (url: string) => fetch(url);
export const answer = async (url: string) => new Response(url);
`,
  twins: twins([
    ['an arrow function of an object', 'const res = await api.get(url); return res.json();', 'const res = await api.get(url); return res.status;', 'returns'],
    ['a method of an object', 'const res = await api.post(url); return res.json();', 'await api.post(url); return;', 'Nothing holds'],
    ['of an object in an object', 'return (await api.v1.list(url)).text();', 'return (await api.v1.list(url)).ok;', 'Nothing holds'],
    ['that reads', 'return api.text(url);', 'const { get } = api; const res = await get(url); return res.ok;', 'returns'],
    ['of a frozen object', 'const res = await frozen.get(url); return res.text();', 'const res = await frozen.get(url); return res.ok;', 'returns'],
    ['of a constant object', 'const res = await constant.get(url); return res.text();', 'const res = await constant.get(url); return res.ok;', 'returns'],
    ['of an object whose type is checked', 'const res = await checked.get(url); return res.text();', 'const res = await checked.get(url); return res.ok;', 'returns'],
    ['of a spread object', 'const more = { ...api, n: 1 }; const res = await more.get(url); return res.text();', 'const more = { ...api, n: 1 }; const res = await more.get(url); return res.ok;', 'returns'],
    ['in a field', 'const res = await new Client().get(url); return res.text();', 'const res = await new Client().get(url); return res.ok;', 'returns'],
    ['in a static field', 'const res = await Client.post(url); return res.text();', 'const res = await Client.post(url); return res.ok;', 'returns'],
    ['in an object in a field', 'const res = await new Client().routes.list(url); return res.text();', 'const res = await new Client().routes.list(url); return res.ok;', 'returns'],
    ['in a map', "const res = await routes.get('a')!(url); return res.text();", "const res = await routes.get('a')!(url); return res.ok;", 'returns'],
    ['of an object that a function makes', 'const res = await clientOf(url).head(url); return res.ok;', 'const res = await clientOf(url).get(url); return res.ok;', 'returns'],
    ['given in an object', 'const res = await run({ request: () => fetch(url), tries: 1 }); return res.json();', 'const res = await run({ request: () => fetch(url), tries: 1 }); return res.status;', 'returns'],
    ['given in an object, as a method', 'const res = await run({ async request() { return fetch(url); }, tries: 1 }); return res.json();', 'const res = await run({ async request() { return fetch(url); }, tries: 1 }); return res.status;', 'returns'],
    ['given in an object, by its name', 'const request = async () => fetch(url); const res = await run({ request, tries: 1 }); return res.json();', 'const request = async () => fetch(url); const res = await run({ request, tries: 1 }); return res.status;', 'returns'],
    ['given in an object, and it reads', 'const text = await run({ request: async () => (await fetch(url)).text(), tries: 1 }); return text;', 'const res = await run({ request: () => open(url), tries: 1 }); return res.ok;', 'returns'],
    ['given in an object, and it requests nothing', 'const res = await run({ request: () => answer(url), tries: 1 }); return res.ok;', 'const res = await run({ tries: 1, request: () => api.get(url) }); return res.ok;', 'returns'],
    ['given by its name', 'const call = () => open(url); const res = await once(call); return res.json();', 'const call = () => open(url); const res = await once(call); return res.ok;', 'returns'],
    ['given by its name to code without source', 'const call = () => open(url); const res = await limit(call, {}); return res.json();', 'const call = () => open(url); const res = await limit(call, {}); return res.ok;', 'returns'],
    ['given to a function that a call gives', "const res = await timed('a')(async () => fetch(url)); return res.json();", "const res = await timed('a')(async () => run({ request: () => fetch(url), tries: 2 })); return res.ok;", 'returns'],
    ['given and read there', 'const read = async (call: () => Promise<Response>): Promise<string> => (await call()).text(); return read(() => fetch(url));', 'const look = async (call: () => Promise<Response>): Promise<boolean> => (await call()).ok; const res = await once(() => fetch(url)); return [res.ok, await look(async () => new Response())];', 'returns'],
  ]),
};
