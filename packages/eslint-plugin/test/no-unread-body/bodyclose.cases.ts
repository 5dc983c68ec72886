import { twins, type Group } from './twin.js';

/**
 * The reports of Go's bodyclose linter (github.com/timakin/bodyclose), in TypeScript: the numbers are
 * its issues. `good` is what it reported wrongly, `bad` the mistake next to it.
 */
export const bodycloseCases: Group = {
  about: 'what Go’s bodyclose got wrong',
  head: "import { get, type Response as Reply, type Body } from 'watertight';\ninterface Closer { close(): Promise<void> }\nvoid get;\nexport type All = [Reply, Body, Closer];\ndeclare const kept: { reply?: Reply; body?: Body };\n",
  twins: twins([
    ['#18: closed through an interface', 'const closer = async (c: Closer) => { await c.close(); }; const res = await get(url); await closer(res.body);', 'const closer = (c: Closer) => typeof c.close; const res = await get(url); closer(res.body);', 'the function ends'],
    ['#21: assigned in two branches', 'let res: Reply; if (url) { res = await get(url); } else { res = await get("http://b"); } await res.close();', 'let res: Reply; if (url) { res = await get(url); await res.close(); } else { res = await get("http://b"); } console.log(res.status);', 'the function ends'],
    ['#21: assigned in a switch', 'let res: Reply; switch (url) { case "a": res = await get(url); break; default: res = await get("http://b"); } await res.close();', 'let res: Reply; switch (url) { case "a": res = await get(url); break; default: return; } console.log(res.status);', 'the function ends'],
    ['#29: asked again until it works', 'let res = await get(url).catch(() => null); for (let n = 0; res === null && n < 3; n++) res = await get("http://b").catch(() => null); if (res === null) return; await res.close();', 'let res = await get(url).catch(() => null); for (let n = 0; n < 3; n++) res = await get("http://b").then(async (each) => { await each.close(); return null; }); if (res === null) return;', 'another value'],
    ['#30: closed in a helper in each case', 'const closeBody = (body: Body) => body.close(); for (;;) { const res = await get(url); if (res.status === 200) { await closeBody(res.body); return true; } await closeBody(res.body); }', 'const closeBody = (body: Body) => body.close(); for (;;) { const res = await get(url); if (res.status === 200) { return true; } await closeBody(res.body); }', 'returns'],
    ['#52: an object that only wraps it', 'const res = await get(url); const control = { close: () => res.close() }; await control.close();', 'const res = await get(url); const control = { status: () => res.status }; control.status();', 'the function ends'],
    ['#61: declared before, assigned in a block', 'let res: Reply | undefined; if (url) { res = await get(url); if (res.status === 500) { await res.close(); return; } } await res?.close();', 'let res: Reply | undefined; if (url) { res = await get(url); if (res.status === 500) { return; } } await res?.close();', 'returns'],
    ['#68: closed by a defer, read on one path', 'await using res = await get(url); if (res.status === 200) { return await res.text(); } return null;', 'const res = await get(url); if (res.status === 200) { return await res.text(); } return null;', 'returns'],
    ['#77: the body outlives the block', 'let rc: Body | undefined; if (url) { const res = await get(url); rc = res.body; } await rc?.close();', 'let rc: Body | undefined; if (url) { const res = await get(url); rc = res.body; } console.log(rc?.state);', 'the function ends'],
    ['in a struct', 'const res = await get(url); kept.reply = res;', 'const res = await get(url); kept.reply; return res.status;', 'returns'],
    ['the body in a struct', 'kept.body = (await get(url)).body;', 'return (await get(url)).body.state;', 'Nothing holds'],
    ['a named result', 'let result: Reply; result = await get(url); return result;', 'let result: Reply; result = await get(url); return result.url;', 'returns'],
    ['closed only without an error', 'const res = await get(url); try { await res.text(); } catch (error) { console.log(error); }', 'const res = await get(url); try { if (url) throw new Error(); await res.text(); } catch (error) { console.log(error); }', 'the function ends'],
    ['closed in a goroutine', 'const res = await get(url); void (async () => { for await (const part of res.body) console.log(part); })();', 'const res = await get(url); void (async () => { console.log(res.status); })();', 'the function ends'],
  ]),
};
