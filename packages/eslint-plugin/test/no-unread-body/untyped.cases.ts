import { twins, type Group } from './twin.js';

/** Calls of which types say nothing: their name has fetch in it, and their result is used as a response. */
export const untypedCases: Group = {
  about: 'untyped',
  head: "declare const any: any;\nexport type FetchFunction = (url: string | URL, init?: object) => Promise<any>;\nexport const fetcher: FetchFunction = async (url) => any.fetch(url);\nexport async function fetchParsed(url: string): Promise<any> { const res = await fetch(url); return { ok: res.ok, json: await res.json() }; }\n",
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
  ]),
};
