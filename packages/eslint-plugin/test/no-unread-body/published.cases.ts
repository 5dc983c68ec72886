import { twins, type Group } from './twin.js';

/** The types of packages, as they publish them. */
export const published = `
/// <reference types="node" />
/** Its body is a stream of Node, as in node-fetch. */
export declare class Message { readonly status: number; readonly ok: boolean; readonly headers: Headers; readonly body: NodeJS.ReadableStream | null; readonly bodyUsed: boolean; text(): Promise<string>; json(): Promise<unknown>; arrayBuffer(): Promise<ArrayBuffer>; }
export declare function send(url: string): Promise<Message>;
/** It gives the platform's own. */
export declare class Signed { fetch(url: string): Promise<Response>; }
export declare function again<T>(run: () => Promise<T>): Promise<T>;
export declare function cached<T>(key: string): Promise<T>;
`;

export const publishedCases: Group = {
  about: 'packages by their types',
  head: "import ky from 'ky';\nimport { again, cached, send, Signed } from './published.js';\nvoid [again, cached, ky, send, Signed];\nasync function retry<T>(run: () => Promise<T>): Promise<T> { try { return await run(); } catch { return run(); } }\nvoid retry;\n",
  twins: twins([
    ['a body of Node', 'const res = await send(url); if (!res.ok) { res.body?.resume(); return null; } return res.text();', 'const res = await send(url); if (!res.ok) return null; return res.text();', 'neither read nor resumed'],
    ['the platform’s response', 'const res = await new Signed().fetch(url); return res.text();', 'const res = await new Signed().fetch(url); return res.ok;', 'returns'],
    ['ky', 'const res = await ky.get(url); return res.text();', 'const res = await ky.get(url); return res.ok;', 'returns'],
    ['ky’s own reading', 'return ky.get(url).json();', 'return (await ky.post(url)).status;', 'Nothing holds'],
    ['a retry of a package', 'const res = await again(() => fetch(url)); return res.text();', 'const res = await again(() => fetch(url)); return res.ok;', 'returns'],
    ['a retry of the program', 'const res = await retry(async () => { const own = await fetch(url); return own; }); return res.text();', 'const res = await retry(async () => { const own = await fetch(url); return own; }); return res.ok;', 'returns'],
    ['what a package gives as it is told', 'const res = await cached<Response>(url); return res.ok;', 'const res = await again(() => fetch(url)); await again(() => Promise.resolve(1)); return res.ok;', 'returns'],
  ]),
};
