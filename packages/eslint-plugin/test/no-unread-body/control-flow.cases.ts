import { twins, type Group } from './twin.js';

export const controlFlowCases: Group = {
  about: 'paths',
  head: 'declare const flag: boolean;\ndeclare function risky(): void;\ndeclare function sleep(ms: number): Promise<void>;\nvoid [flag, risky, sleep];\n',
  twins: twins([
    ['if and else', 'const res = await fetch(url); if (flag) await res.text(); else await res.body?.cancel();', 'const res = await fetch(url); if (flag) await res.text(); else console.log(res.status);', 'the function ends'],
    ['a conditional expression', 'const res = await fetch(url); return flag ? res.text() : res.json();', 'const res = await fetch(url); return flag ? res.text() : null;', 'returns'],
    ['a logical expression', 'const res = await fetch(url); const text = flag && (await res.text()); if (!flag) await res.text(); return text;', 'const res = await fetch(url); return flag && res.text();', 'returns'],
    ['one of two requests', 'const res = flag ? await fetch(url) : await fetch(url + 1); return res.text();', 'const res = flag ? await fetch(url) : null; return res?.status;', 'returns'],
    ['both conditions of an if', 'const res = await fetch(url); if (!res.ok || flag) { await res.text(); return; } await res.text();', 'const res = await fetch(url); if (!res.ok || flag) { return; } await res.text();', 'returns'],
    ['a switch', 'const res = await fetch(url);\n switch (res.status) {\n case 200: return res.json();\n case 404: await res.body?.cancel(); break;\n default: throw new Error(await res.text()); }\n return null;', 'const res = await fetch(url);\n switch (res.status) {\n case 200: return res.json();\n case 404: break;\n default: throw new Error(await res.text()); }\n return null;', 'returns at line 11'],
    ['a switch without a default', "const res = await fetch(url);\n switch (res.status) { case 200: return res.json(); }\n await res.text();", "const res = await fetch(url);\n switch (res.status) { case 200: return res.json(); }", 'the function ends'],
    ['falling through a case', 'const res = await fetch(url); switch (res.status) { case 200: console.log(1); case 201: return res.json(); default: return res.text(); }', 'const res = await fetch(url); switch (res.status) { case 200: console.log(1); case 201: return 1; default: return res.text(); }', 'returns'],
    ['finally', 'const res = await fetch(url); try { if (flag) return; risky(); } finally { await res.body?.cancel(); }', 'const res = await fetch(url);\n try { if (flag) return; risky(); } finally { console.log(res.status); }', 'returns at line 7'],
    ['finally after a throw', 'const res = await fetch(url); try { if (!res.ok) throw new Error(); return 1; } finally { await res.text(); }', 'const res = await fetch(url);\n try { if (!res.ok) throw new Error(); return await res.text(); } finally { risky(); }', 'throws at line 7'],
    ['break through finally', 'for (;;) { const res = await fetch(url); try { if (res.ok) break; } finally { await res.text(); } }', 'for (;;) { const res = await fetch(url);\n try { if (res.ok) break; await res.text(); } finally { risky(); } }', 'the function ends'],
    ['a catch that reads', 'const res = await fetch(url); try { if (!res.ok) throw new Error(); return await res.json(); } catch { return res.text(); }', 'const res = await fetch(url);\n try { if (!res.ok) throw new Error(); return await res.json(); }\n catch { return null; }', 'returns at line 8'],
    ['a failed request has no response', 'let res; try { res = await fetch(url); } catch { return null; } return res.json();', 'let res; try { res = await fetch(url); } catch { return null; } return res.status;', 'returns'],
    ['a failed read has ended the response', 'const res = await fetch(url); try { return await res.json(); } catch { return null; }', 'const res = await fetch(url); try { return res.headers; } catch { return null; }', 'returns'],
    ['caught, then looked for', 'const res = await fetch(url).catch(() => null); if (res === null) return null; return res.text();', 'const res = await fetch(url).catch(() => null); if (res !== null) return null; return res;', 'returns'],
    ['caught as an error', 'const res = await fetch(url).catch((error: unknown) => error as Error); if (res instanceof Error) throw res; return res.text();', 'const res = await fetch(url).catch((error: unknown) => error as Error); if (res instanceof Error) throw res; return res.status;', 'returns'],
    ['caught as a global error', 'const res = await fetch(url).catch((error: unknown) => error as Error); if (res instanceof globalThis.Error) throw res.message; return res.text();', 'const res = await fetch(url).catch((error: unknown) => error as Error); if (!(res instanceof globalThis.Error)) throw res.url; return 1;', 'throws'],
    ['asked whether it is there', 'let res: Response | undefined; try { res = await fetch(url); risky(); } finally { if (res) await res.body?.cancel(); }', 'let res: Response | undefined; try { res = await fetch(url); risky(); } finally { if (res) console.log(res.status); }', 'the function ends'],
    ['reassigned', 'let res = await fetch(url); if (res.status === 401) { await res.body?.cancel(); res = await fetch(url); } return res.json();', 'let res = await fetch(url);\n if (res.status === 401) res = await fetch(url + 2);\n return res.json();', 'its variable gets another value at line 7'],
    ['a retry loop', 'for (let n = 0; n < 3; n++) { const res = await fetch(url); if (res.ok) return res.json(); await res.body?.cancel(); } return null;', 'for (let n = 0; n < 3; n++) { const res = await fetch(url); if (res.ok) return res.json(); } return null;', 'the next one takes its place'],
    ['an endless loop', 'while (true) { const res = await fetch(url); if (res.ok) return res.text(); await res.text(); await sleep(10); }', 'while (true) { const res = await fetch(url); if (res.ok) return res.text(); await sleep(10); }', 'the next one takes its place'],
    ['do and while', 'let res; do { res = await fetch(url); await res.body?.cancel(); } while (!res.ok);', 'let res; do { res = await fetch(url); } while (!res.ok); return res.text();', 'takes its place'],
    ['continue', 'for (const each of [url]) { const res = await fetch(each); if (!res.ok) { await res.text(); continue; } await res.json(); }', 'for (const each of [url]) { const res = await fetch(each); if (!res.ok) continue; await res.json(); }', 'takes its place'],
    ['a labelled break', 'outer: for (;;) { for (;;) { const res = await fetch(url); await res.text(); break outer; } }', 'outer: for (;;) { for (;;) { const res = await fetch(url); console.log(res); break outer; } }', 'the function ends'],
    ['the same condition twice', 'const res = await fetch(url); if (!res.ok) console.log(1); if (!res.ok) return res.text(); return res.json();', 'const res = await fetch(url); if (!res.ok) console.log(1); if (res.ok) return res.text(); return 2;', 'returns'],
    ['one flag for request and read', 'let res: Response | null = null; const wanted = url !== ""; if (wanted) res = await fetch(url); console.log(1); if (wanted) return res!.text(); return null;', 'let res: Response | null = null; const wanted = url !== ""; if (wanted) res = await fetch(url); console.log(1); if (!wanted) return res; return null;', 'returns'],
    ['two names', 'const first = await fetch(url); const second = first; return second.text();', 'const first = await fetch(url); const second = first; return second.status + first.status;', 'returns'],
    ['assigned in an expression', 'let res; if ((res = await fetch(url)).ok) return res.text(); await res.body?.cancel();', 'let res; if ((res = await fetch(url)).ok) return res.text();', 'the function ends'],
    ['nullish assignment', 'let res: Response | undefined; res ??= await fetch(url); return res.text();', 'let res: Response | undefined; res ??= await fetch(url); return res.status;', 'returns'],
    ['the process ends', 'const res = await fetch(url); if (!res.ok) process.exit(1); return res.text();', 'const res = await fetch(url); if (!res.ok) process.exitCode = 1; else return res.text();', 'the function ends'],
    ['optional chaining to the end', 'const res = await fetch(url); await res?.body?.cancel();', 'const res = await fetch(url); console.log(res?.body?.locked);', 'the function ends'],
    ['a comma', 'const res = await fetch(url); return (console.log(1), res.text());', 'const res = await fetch(url); return (res.text, 1);', 'returns'],
    ['thrown itself', 'const res = await fetch(url); if (!res.ok) throw res; return res.text();', 'const res = await fetch(url); if (!res.ok) throw res.status; return res.text();', 'throws'],
    ['nested tries', 'const res = await fetch(url); try { try { if (!res.ok) throw new Error(); } finally { risky(); } return await res.text(); } catch { await res.body?.cancel(); }', 'const res = await fetch(url);\n try { try { if (!res.ok) throw new Error(); } finally { risky(); }\n return await res.text(); }\n catch { return 9; }', 'returns at line 9'],
  ]),
};

export const generatorCases: Group = {
  about: 'generators',
  head: '',
  twins: [
    {
      name: 'the consumer may stop at a yield',
      good: 'export async function* parts(url: string) { const reader = (await fetch(url)).body!.getReader(); try { for (;;) { const { done, value } = await reader.read(); if (done) return; yield value; } } finally { await reader.cancel(); } }\n',
      bad: 'export async function* parts(url: string) { const reader = (await fetch(url)).body!.getReader(); for (;;) { const { done, value } = await reader.read(); if (done) return;\n yield value; } }\n',
      says: 'the consumer stops at the yield at line 2',
    },
    {
      name: 'a loop over the body cancels by itself',
      good: 'export async function* parts(url: string) { const res = await fetch(url); for await (const part of res.body!) yield part; }\n',
      bad: 'export async function* parts(url: string) { const res = await fetch(url); yield res.status; yield* res.body!; }\n',
      says: 'the consumer stops',
    },
    {
      name: 'the response itself is yielded',
      good: 'export async function* responses(urls: string[]) { for (const url of urls) yield await fetch(url); }\n',
      bad: 'export async function* responses(urls: string[]) { for (const url of urls) yield (await fetch(url)).status; }\n',
      says: 'Nothing holds',
    },
  ],
};

export const moduleCases: Group = {
  about: 'the top of a module',
  head: '',
  twins: [
    { name: 'exported', good: "export const res = await fetch('http://a');\n", bad: "const res = await fetch('http://a');\nexport const status = res.status;\n", says: 'the module ends' },
    { name: 'exported by name', good: "const res = await fetch('http://a');\nexport { res };\n", bad: "const res = await fetch('http://a');\nconsole.log(res);\nexport {};\n", says: 'the module ends' },
    { name: 'used by an exported function', good: "const res = await fetch('http://a');\nexport function text() { return res.text(); }\n", bad: "const res = await fetch('http://a');\nexport function status() { return res.status; }\n", says: 'the module ends' },
    { name: 'in a variable of the module', good: 'let last: Response;\nexport async function load(url: string) { last = await fetch(url); }\nexport const text = () => last.text();\n', bad: 'export async function load(url: string) { let last: Response; last = await fetch(url); return last.url; }\n', says: 'returns' },
  ],
};
