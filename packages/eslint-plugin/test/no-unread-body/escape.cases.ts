import { twins, type Group } from './twin.js';

export const escapeCases: Group = {
  about: 'handed on',
  head: 'declare function unknown(value: unknown): void;\ndeclare const store: { res?: Response; list: Response[]; map: Map<string, Response> };\nvoid [unknown, store];\n',
  twins: twins([
    ['returned', 'return fetch(url);', 'await fetch(url); return 1;', 'Nothing holds'],
    ['returned by name', 'const res = await fetch(url); return res;', 'const res = await fetch(url); return [res.status];', 'returns'],
    ['returned in an object', 'const res = await fetch(url); return { res };', 'const res = await fetch(url); return { status: res.status };', 'returns'],
    ['stored in a property', 'store.res = await fetch(url);', 'store.res; await fetch(url);', 'Nothing holds'],
    ['stored in a property of a parameter', 'const save = async (out: { res?: Response }) => { out.res = await fetch(url); }; const out: { res?: Response } = {}; await save(out); return out.res?.text();', 'const save = async (out: { ok?: boolean }) => { out.ok = (await fetch(url)).ok; }; const out: { ok?: boolean } = {}; await save(out); return out.ok;', 'Nothing holds'],
    ['stored in an element of a parameter', 'const save = async (out: Response[]) => { const res = await fetch(url); out[0] = res; return res.ok; }; const out: Response[] = []; await save(out); return out;', 'const save = async (out: boolean[]) => { const res = await fetch(url); out[0] = res.ok; }; const out: boolean[] = []; await save(out); return out;', 'the function ends'],
    ['stored in a property by a pattern', '[store.res] = [await fetch(url)];', 'const ok: { ok?: boolean } = {}; ({ ok: ok.ok } = await fetch(url));', 'Nothing holds'],
    ['stored in a property with Object.assign', 'const res = await fetch(url); Object.assign(store, { res });', 'const res = await fetch(url); Object.assign(store, { ok: res.ok });', 'the function ends'],
    ['stored under another name of the object', 'const own = store; const res = await fetch(url); own.res = res; return res.ok;', 'const own = store; const res = await fetch(url); own.res = undefined; return res.ok;', 'returns'],
    ['stored in an array', 'store.list.push(await fetch(url));', 'store.list.push(); const res = await fetch(url); console.log(res);', 'the function ends'],
    ['stored in a map', 'const res = await fetch(url); store.map.set(url, res);', 'const res = await fetch(url); store.map.delete(res.url);', 'the function ends'],
    ['handed to code that is not at hand', 'const res = await fetch(url); unknown(res);', 'const res = await fetch(url); unknown(res.status);', 'the function ends'],
    ['its body is handed on', 'const res = await fetch(url); unknown(res.body);', 'const res = await fetch(url); unknown(res.headers);', 'the function ends'],
    ['a method of it is handed on', 'const res = await fetch(url); unknown(res.text.bind(res));', 'const res = await fetch(url); unknown(res.url);', 'the function ends'],
    ['given to a constructor', 'return new Proxy(await fetch(url), {});', 'return new Set([(await fetch(url)).status]);', 'Nothing holds'],
    ['in an object with others', 'const res = await fetch(url); unknown({ url, res });', 'const res = await fetch(url); unknown({ url, ok: res.ok });', 'the function ends'],
    ['resolved with', 'return new Promise((resolve) => { void fetch(url).then(resolve); });', 'return new Promise((resolve) => { void fetch(url).then((res) => resolve(res.ok)); });', 'returns'],
  ]),
};

export const listCases: Group = {
  about: 'several at once',
  head: '',
  twins: twins([
    ['Promise.all of two', 'const [a, b] = await Promise.all([fetch(url), fetch(url + 1)]); return [await a.text(), await b.text()];', 'const [a, b] = await Promise.all([fetch(url), fetch(url + 1)]); return [await a.text(), b.status];', 'returns'],
    ['a hole', 'const [a] = await Promise.all([fetch(url)]); return a.text();', 'const [a] = await Promise.all([fetch(url), fetch(url + 1)]); return a.text();', 'Nothing holds'],
    ['mapped', 'const all = await Promise.all([url].map((each) => fetch(each))); return Promise.all(all.map((res) => res.json()));', 'const all = await Promise.all([url].map((each) => fetch(each))); return all.map((res) => res.status);', 'returns'],
    ['mapped and read in one', 'return Promise.all([url].map(async (each) => (await fetch(each)).json()));', 'return Promise.all([url].map(async (each) => (await fetch(each)).ok));', 'Nothing holds'],
    ['mapped by name', 'const get = (each: string) => fetch(each); const all = await Promise.all([url].map(get)); for (const res of all) await res.text();', 'const get = (each: string) => fetch(each); const all = await Promise.all([url].map(get)); return all.length;', 'returns'],
    ['a loop over them', 'for (const res of await Promise.all([url].map((each) => fetch(each)))) await res.text();', 'for (const res of await Promise.all([url].map((each) => fetch(each)))) console.log(res.status);', 'takes its place'],
    ['a loop with an early end', 'const all = await Promise.all([url].map((each) => fetch(each))); for (const res of all) { if (!res.ok) { await res.body?.cancel(); continue; } await res.text(); }', 'const all = await Promise.all([url].map((each) => fetch(each))); for (const res of all) { if (!res.ok) continue; console.log(1); }', 'the function ends'],
    ['looked at, then read', 'const all = await Promise.all([fetch(url), fetch(url + 1)]); if (all.every((res) => res.ok)) console.log(1); await Promise.all(all.map((res) => res.text()));', 'const all = await Promise.all([url].map((each) => fetch(each))); return all.every((res) => res.ok);', 'returns'],
    ['forEach', 'const all = await Promise.all([url].map((each) => fetch(each))); all.forEach((res) => void res.body?.cancel());', 'const all = await Promise.all([url].map((each) => fetch(each))); all.forEach((res) => console.log(res.url));', 'the function ends'],
    ['all settled', "const all = await Promise.allSettled([fetch(url)]); for (const each of all) if (each.status === 'fulfilled') await each.value.text(); else console.log(each.reason);", "const all = await Promise.allSettled([url].map((each) => fetch(each))); return all.map((each) => each.status);", 'returns'],
    ['for await', 'for await (const res of [fetch(url)]) await res.text();', 'for await (const res of [fetch(url)]) console.log(res.status);', 'takes its place'],
    ['an array of promises', 'const all = [fetch(url)]; return Promise.all(all);', 'const all = [fetch(url)]; return all.length;', 'returns'],
    ['the first of a race', 'const res = await Promise.race([fetch(url)]); return res.text();', 'const res = await Promise.race([fetch(url)]); return res.status;', 'returns'],
    ['Promise.all and then', 'return Promise.all([fetch(url)]).then(([res]) => res.text());', 'return Promise.all([fetch(url)]).then(([res]) => res.status);', 'returns'],
    ['by index', 'const all = await Promise.all([fetch(url)]); return all[0].text();', 'const all = await Promise.all([fetch(url)]); return all[0].status;', 'returns'],
  ]),
};
