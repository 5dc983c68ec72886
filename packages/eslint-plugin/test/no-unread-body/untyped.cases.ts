import { twins, type Group } from './twin.js';

/** Calls of which types say nothing: their name has fetch in it, and their result is used as a response. */
export const untypedCases: Group = {
  about: 'untyped',
  head: "declare const any: any;\nexport type FetchFunction = (url: string | URL, init?: object) => Promise<any>;\nexport const fetcher: FetchFunction = async (url) => any.fetch(url);\nexport async function fetchParsed(url: string): Promise<any> { const res = await fetch(url); return { ok: res.ok, json: await res.json() }; }\n" +
    "export async function sent(url: string): Promise<Response> { const res = await any.patchedFetch(url); if (!res.ok) console.log(res.status); return res; }\n" +
    "export const passed = (url: string): Promise<Response> => any.fetch(url);\n" +
    "export async function readFirst(url: string): Promise<Response> { const res = await any.fetch(url); console.log(res.ok, await res.text()); return res; }\n" +
    "export function untold(url: string): any { return any.fetch(url); }\n" +
    "const ownFetch = (url: string): any => new Promise((resolve) => any.open(url, resolve));\n" +
    "export const backedOff = async <T>(call: () => Promise<T>, tries = 2): Promise<T> => { for (;;) { try { const got = await call(); return got; } catch (error) { if (tries-- < 1) throw error; } } };\n" +
    "export class Model { fetch(url: string): Promise<Response> { const own = async (at: string) => { const res = await sent(at); if (!res.ok && res.status !== 499) throw new Error(await res.text()); return res; }; return backedOff<Response>(() => own(url) as any, 3); } }\n",
  twins: twins([
    ['a promise of any', 'const res = await fetcher(url); if (!res.ok) throw new Error(await res.text()); return res.json();', 'const own = any as { fetcher: FetchFunction }; const res = await own.fetcher(url); if (!res.ok) throw new Error(); return res.json();', 'throws'],
    ['a member of any', 'const res = await any.fetch(url); if (!res.ok) { any.see(res); return null; } return res.text();', 'const res = await any.fetch(url); if (!res.ok) return null; return res.text();', 'returns'],
    ['a function type that gives any', 'const own: FetchFunction = any.own; const res = await own(url); if (!res.ok) return null; return res.text();', 'const ownFetch: FetchFunction = any.own; const res = await ownFetch(url); if (!res.ok) return null; return res.text();', 'returns'],
    ['another name', 'const res = await any.load(url); if (res.status === 499) return null; return res.json();', 'const res = await any.useFetch(url); if (res.status === 499) return null; return res.json();', 'returns'],
    ['never read', 'const res = await any.fetch(url); return res.status;', 'const res = await any.fetch(url); return res.ok ? res.json() : res.status;', 'returns'],
    ['a method where a response has a property', 'const res = await any.fetch(url); if (!res.ok()) throw new Error(); return res.text();', 'const res = await any.fetch(url); if (!res.ok) throw new Error(); return res.text();', 'throws'],
    ['HEAD', "const res = await any.fetch(url, { method: 'HEAD' }); if (res.ok) return null; return res.text();", "const res = await any.fetch(url, { method: 'PUT' }); if (res.ok) return null; return res.text();", 'returns'],
    ['a body of which nothing is known', 'const res = await any.fetch(url); if (!res.ok) { res.body.destroy(); return null; } return res.json();', 'const res = await any.fetch(url); if (!res.ok) { console.log(res.body); return null; } return res.json();', 'returns'],
    ['then', 'return any.fetch(url).then((res: any) => (res.ok ? res.json() : res));', 'return any.fetch(url).then((res: any) => (res.ok ? res.json() : null));', 'returns'],
    ['assigned', 'let res; res = await any.fetch(url); if (res.ok) return res; return res.json();', 'let res; res = await any.fetch(url); if (res.ok) return null; return res.json();', 'returns'],
    ['a function whose source tells more', 'const res = await fetchParsed(url); return res.ok ? res.json() : null;', 'const parsed = await any.customFetch(url); return parsed.ok ? parsed.json() : null;', 'returns'],
    ['an annotation', 'const res: Response = await any.fetch(url); return res.json();', 'const res: Response = await any.fetch(url); return res.status;', 'returns'],
    ['a cast', 'return ((await any.fetch(url)) as Response).text();', 'const res = (await any.fetch(url)) as Response; return res.status;', 'returns'],
    ['a cast of what no longer has a type', 'return ((await any.fetch(url)) as unknown as Response).text();', 'const { status } = (await any.fetch(url)) as unknown as Response; return status;', 'Nothing holds'],
    ['a cast of the promise', 'const res = await (any.fetch(url) as Promise<Response>); return res.text();', 'const res = await (any.fetch(url) as Promise<Response>); return res.ok;', 'returns'],
    ['a cast to another type', 'const res = (await any.fetch(url)) as { ok: boolean }; return res.ok;', 'const res = (await any.fetch(url)) as Response; return res.ok;', 'returns'],
    ['given on as a response', 'const res = await any.fetch(url); if (res.status === 404) { any.see(res); return null; } return res as unknown as Response;', 'const res = await any.fetch(url); if (res.status === 404) return null; return res as unknown as Response;', 'returns'],
    ['given on as any', 'const res = await any.fetch(url); if (res.status === 404) return null; return res;', 'const take = (res: Response) => res.text(); const res = await any.fetch(url); if (res.status === 404) return null; return take(res);', 'returns'],
    ['a function that is said to give a response', 'const res = await sent(url); return res.text();', 'const res = await sent(url); if (res.status === 499) return null; return res.text();', 'returns'],
    ['an arrow function that is said to give one', 'const res = await passed(url); return res.json();', 'const res = await passed(url); return res.ok;', 'returns'],
    ['a function that is said to give one, and reads it', 'const res = await readFirst(url); return res.ok;', 'const res = await sent(url); return res.ok;', 'returns'],
    ['a function of which nothing is said', 'const res = await untold(url); return res.ok;', 'const res = await passed(url); return res.status;', 'returns'],
    ['a function with a source that tells nothing', 'const res = await ownFetch(url); return res.ok;', 'const res: Response = await ownFetch(url); return res.ok;', 'returns'],
    ['through a cast to any and a retry', 'const res = await new Model().fetch(url); return res.json();', 'const res = await new Model().fetch(url); if (res.status === 499) return null; return res.json();', 'returns'],
    ['a function that a call gives', 'const res = await any.customLoad({})(url); if (!res.ok) return null; return res.json();', 'const res = await any.customFetch({})(url); if (!res.ok) return null; return res.json();', 'returns'],
    ['read in a loop', 'const res = await any.fetch(url); if (!res.ok) throw new Error(await res.text()); for await (const chunk of res.body) console.log(chunk); return;', 'const res = await any.fetch(url); if (!res.ok) throw new Error(); for await (const chunk of res.body) console.log(chunk); return;', 'throws'],
    ['read by a reader', 'const res = await any.fetch(url); if (!res.ok) { await res.body.cancel(); return null; } return res.body!.getReader();', 'const res = await any.fetch(url); if (!res.ok) return null; return res.body!.getReader();', 'returns'],
    ['piped', 'const res = await any.fetch(url); if (!res.ok) { res.body.resume(); return; } res.body.pipe(any.file); return;', 'const res = await any.fetch(url); if (!res.ok) return; res.body.pipe(any.file); return;', 'returns'],
    ['a body that is no stream', 'const res = await any.fetch(url); if (!res.ok) return null; return res.body.user;', 'const res = await any.fetch(url); if (!res.ok) return null; return res.body.tee();', 'returns'],
  ]),
};
