/** The frame of the trials: a library, how it gets a fetch, and what its users do with it; each with this fetch and with Node's. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFetch } from 'watertight';
import { packageRoot } from '../../fixtures/package-root.js';
import { onLoopback, type Loopback } from '../../fixtures/loopback.js';
import type { RawServer, RawServerOptions } from '../../fixtures/raw-server.js';
import { serve } from './service.js';

export type Fetch = typeof globalThis.fetch;

/** Where one check takes place: a server of its own, and the fetch that is tried. */
export interface Place {
  readonly origin: string;
  readonly server: RawServer;
  readonly fetch: Fetch;
  /** Another server, beside the service. */
  serve(options: RawServerOptions): Promise<RawServer>;
}

type Check<Client> = (client: Client, place: Place) => Promise<void>;

/** A check that one of the options is too narrow for. */
interface Limited<Client> {
  readonly without: string;
  readonly check: Check<Client>;
}

type Checks<Client> = Readonly<Record<string, Check<Client> | Limited<Client>>>;

export interface Trial<Client> {
  /** As docs/adopt.md names it. */
  readonly library: string;
  /** Why it does not run on this Node. */
  readonly skip?: string | false;
  /** What its users call while the fetch is the global one. */
  readonly global?: (place: Place) => Client | Promise<Client>;
  /** The same with the fetch as an option, by the line that a program has. The global one is not to be called then. */
  readonly options?: Readonly<Record<string, (place: Place) => Client | Promise<Client>>>;
  readonly checks: Checks<Client>;
  /** What Node's fetch has no match for. */
  readonly ours?: Checks<Client>;
}

/** A trial whose checks know the type of its client. */
export function trial<Client>(of: Trial<Client>): Trial<Client> {
  return of;
}

const builtin = globalThis.fetch;

/** The major version of the Node that runs the tests. */
export const NODE = Number(process.versions.node.split('.')[0]);

/** Declares the tests of a group of libraries, and that its table in docs/adopt.md has them all with their figures. */
export function tryLibraries(group: string, trials: readonly Trial<any>[]): void {
  for (const each of trials) declareTrial(each);
  test(`docs/adopt.md has the figures of the ${group}`, async () => {
    const page = await readFile(new URL('../../docs/adopt.md', packageRoot), 'utf8');
    const rows = new RegExp(`<!-- libraries: ${group} -->\\n\\|.*\\n\\|.*\\n((?:\\|.*\\n)+)`).exec(page)?.[1] ?? '';
    assert.deepEqual(rows.trim().split('\n'), trials.map(({ library, options = {}, checks, ours = {} }) => {
      const [line = ''] = Object.keys(options);
      const [both, alone] = [Object.keys(checks).length, Object.keys(ours).length];
      return `| ${library} | ${line === '' ? '' : `\`${line}\``} | ${both + alone} of ${both + alone} | ${both} of ${both} |`.replace('|  |', '| |');
    }));
  });
}

/** Declares the tests of one library, or of whatever is used like one. */
export function declareTrial<Client>(given: Trial<Client>): void {
  describe(given.library, { skip: given.skip ?? false }, () => declare(given));
}

function declare<Client>({ global, options = {}, checks, ours = {} }: Trial<Client>): void {
  const ways = [...(global === undefined ? [] : [['the global fetch', global] as const]), ...Object.entries(options)];
  for (const [what, checked] of Object.entries({ ...checks, ...ours })) {
    const { check, without } = typeof checked === 'function' ? { check: checked, without: null } : checked;
    for (const [way, make] of ways) {
      if (way === without) continue;
      test(`${what} (${way})`, onLoopback(async (net) => {
        const place = await placeOf(net, createFetch({ transport: net.client().transport }));
        await withGlobal(make === global ? place.fetch : passedOver, async () => check(await make(place), place));
      }));
    }
    if (what in ours) continue;
    test(`${what} (with Node's fetch)`, onLoopback(async (net) => {
      const servers: RawServer[] = [];
      const place = await placeOf(net, builtin, servers);
      await withGlobal(builtin, async () => check(await ways[0][1](place), place));
      // It keeps its connections; the test's last look is for ours.
      for (const server of servers) await server.stop();
    }));
  }
}

async function placeOf(net: Loopback, fetch: Fetch, servers: RawServer[] = []): Promise<Place> {
  const start = async (options: RawServerOptions): Promise<RawServer> => {
    const server = await net.serve(options);
    servers.push(server);
    return server;
  };
  const server = await start({ onRequest: serve });
  return { origin: server.origin, server, fetch, serve: start };
}

const passedOver: Fetch = () => Promise.reject(new Error('the global fetch was called, where the library has one as its option'));

async function withGlobal(fetch: Fetch, body: () => Promise<void>): Promise<void> {
  globalThis.fetch = fetch;
  try {
    await body();
  } finally {
    globalThis.fetch = builtin;
  }
}

/** What a promise was rejected with. */
export async function failure(promise: PromiseLike<unknown>): Promise<any> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'this is expected to fail' });
}

/** A pause before another try is not what is looked at: those of SDKs, of half a second, are cut short. */
export async function hurried<T>(body: () => Promise<T>): Promise<T> {
  const { setTimeout } = globalThis;
  const hurry = (callback: () => void, ms = 0, ...more: []): NodeJS.Timeout => setTimeout(callback, ms >= 100 && ms < 1000 ? 1 : ms, ...more);
  globalThis.setTimeout = Object.assign(hurry, setTimeout);
  try {
    return await body();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

/** A signal that aborts when the server has received a request. */
export function onceAsked({ server }: Place): AbortSignal {
  const controller = new AbortController();
  void (async () => {
    while (server.requests.length === 0) await sleep(1);
    await sleep(5);
    controller.abort();
  })();
  return controller.signal;
}

export function form(): FormData {
  const fields = new FormData();
  fields.set('name', 'välue');
  fields.set('file', new File(['what the file has'], 'a.txt', { type: 'text/plain' }));
  return fields;
}

export function pieces(...texts: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(encoder.encode(text));
      controller.close();
    },
  });
}
