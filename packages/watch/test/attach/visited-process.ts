// A plain program that `attach` looks into: it makes requests with many clients, and then goes on. Its parent asks it for
// facts, and for more requests.
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { url as inspectorUrl } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

type Program = (base: string) => Promise<unknown>;
type Programs = Readonly<Record<string, Readonly<Record<'leaking' | 'correct', Program>>>>;

const [mode, base] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const major = Number(process.versions.node.split('.')[0]);
/** undici 8 needs Node 22. */
const UNDICIS = major < 22 ? ['undici6', 'undici7'] : ['undici6', 'undici7', 'undici'];

/** Each client with the mistakes of examples/leaks, under a path that names both. */
async function everyMistake(form: 'leaking' | 'correct'): Promise<void> {
  const examples = new URL('../../../../examples/leaks/', import.meta.url);
  const clients = [...['fetch', 'node-http', 'axios', 'got', 'watertight'].map((name) => [name, name] as const), ...UNDICIS.map((name) => [name, `undici`] as const)];
  for (const [client, file] of clients) {
    process.env.UNDICI = client;
    const { programs } = (await import(`${new URL(`${file}.mjs`, examples).href}?${client}`)) as { programs: Programs };
    for (const [mistake, programsOf] of Object.entries(programs)) await programsOf[form](`${base}/${client}/${mistake.replace(/\W+/g, '-')}`);
  }
}

const previews = new Map<string, unknown>();

const requests: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  fetch: (url) => fetch(url),
  'node-http': async (url) => {
    const { get } = await import('node:http');
    return new Promise<IncomingMessage>((resolve) => get(url, resolve));
  },
  axios: async (url) => (await import('axios')).default.get(url, { responseType: 'stream' }),
  watertight: async (url) => (await import('watertight')).get(url),
  ...Object.fromEntries(UNDICIS.map((name) => [name, async (url: string) => (require(name) as { request: (url: string) => Promise<unknown> }).request(url)])),
};

/** Each client with one response that the program keeps and does not read. */
async function kept(): Promise<void> {
  for (const [client, request] of Object.entries(requests)) previews.set(client, await request(`${base}/${client}/large?key=secret`));
}

/** Each client with responses that are read a moment after they have come, one after another for as long as the program runs. */
function readLate(): void {
  const read = async (response: unknown): Promise<void> => {
    const { body, data } = response as { body?: AsyncIterable<unknown>; data?: AsyncIterable<unknown> };
    for await (const _chunk of data ?? body ?? (response as AsyncIterable<unknown>));
  };
  const goOn = async (client: string, request: (url: string) => Promise<unknown>): Promise<never> => {
    for (;;) {
      const response = await request(`${base}/${client}/large`);
      await sleep(60);
      await read(response);
    }
  };
  for (const [client, request] of Object.entries(requests)) for (let i = 0; i < 3; i++) void goOn(client, request);
}

/** The objects whose methods an observation replaces: of Node, and of every copy of undici. */
async function observedObjects(): Promise<readonly object[]> {
  const http = await import('node:http');
  const [{ EventEmitter }, { Readable }, { AsyncResource }, { ClientRequest, IncomingMessage, Agent }] = [await import('node:events'), await import('node:stream'), await import('node:async_hooks'), http];
  const bodies = [...previews.values()].flatMap((response) => {
    const { body } = response as { body?: object };
    return body instanceof Readable ? [Reflect.getPrototypeOf(body)!] : [];
  });
  const requests = UNDICIS.map((name) => (require(`${name}/lib/core/request.js`) as { prototype: object }).prototype);
  return [EventEmitter, Readable, AsyncResource, ClientRequest, IncomingMessage, Agent].map(({ prototype }) => prototype as object).concat(bodies, requests, [process, globalThis, http]);
}

const remembered: { readonly object: object; readonly properties: ReadonlyMap<PropertyKey, PropertyDescriptor> }[] = [];

/** The properties of these objects that are not as they were at the first call. The port of the inspector is written down by Node itself when it opens. */
async function changed(): Promise<string[]> {
  const read = (object: object): Map<PropertyKey, PropertyDescriptor> => new Map(Reflect.ownKeys(object).map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key)!]));
  if (remembered.length === 0) for (const object of await observedObjects()) remembered.push({ object, properties: read(object) });
  return remembered.flatMap(({ object, properties }) => {
    const now = read(object);
    return [...new Set([...properties.keys(), ...now.keys()])].filter((key) => key !== 'debugPort' && !isDeepStrictEqual(properties.get(key), now.get(key))).map(String);
  });
}

/** Of the process, what a visit could leave changed. */
function facts(): object {
  return {
    inspector: inspectorUrl() ?? null,
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`).sort(),
    globals: Reflect.ownKeys(globalThis).map(String).sort(),
    resources: process.getActiveResourcesInfo().sort(),
    loaded: (process as unknown as { moduleLoadList: readonly string[] }).moduleLoadList.length,
  };
}

process.on('message', (message: string) => {
  if (message === 'facts') process.send!(facts());
  else if (message === 'changed') void changed().then((names) => process.send!(names));
  else if (message === 'leak') void kept().then(() => process.send!('leaked'));
});

if (mode === 'kept') await kept();
else if (mode === 'idle') facts();
else if (mode === 'late') readLate();
else await everyMistake(mode as 'leaking' | 'correct');
process.send!('ready');
