/** The copies of undici that the dispatcher is tested with, a dispatcher over connections of a test's own, and the comparison with undici's own Agent. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Transport } from 'watertight';
import { dispatcherClass } from '#dispatcher';
import { type Loopback } from '../fixtures/loopback.js';

 
export type Copy = any;

/** Undici 8 needs a newer Node than 20. */
async function load(version: 7 | 8): Promise<Copy> {
  if (version === 7) return import('undici7');
  return Number(process.versions.node.split('.')[0]) < 22 ? null : import('undici');
}

export const COPIES: readonly { readonly version: 7 | 8; readonly undici: Copy; readonly skip: string | false }[] = await Promise.all(
  ([7, 8] as const).map(async (version) => {
    const undici = await load(version);
    return { version, undici, skip: undici === null ? `undici ${version} does not run on Node ${process.version}` : false };
  }),
);

/** The same tests with each copy. */
export function withEachUndici(tests: (undici: Copy, version: 7 | 8) => void): void {
  for (const { version, undici, skip } of COPIES) describe(`undici ${version}`, { skip }, () => tests(undici, version));
}

export function dispatcherOf(net: Loopback, undici: Copy, options: object = {}, transportOptions: object = {}): { dispatcher: Copy; transport: Transport } {
  const { transport } = net.client(transportOptions);
  return { dispatcher: new (dispatcherClass(undici as never))({ transport, ...options }), transport };
}

interface Sides {
  /** Options of our dispatcher, and of its transport. */
  readonly ours?: object;
  readonly transport?: object;
  /** Options of undici's Agent. */
  readonly theirs?: object;
}

/** What the scenario gives over our connections. It must give the same over those of undici's own Agent. */
export async function sameAsAgent<T>(net: Loopback, undici: Copy, scenario: (dispatcher: Copy) => Promise<T>, { ours = {}, transport = {}, theirs = {} }: Sides = {}): Promise<T> {
  const { dispatcher } = dispatcherOf(net, undici, ours, transport);
  const result = await scenario(dispatcher);
  await dispatcher.destroy();
  const agent = new undici.Agent(theirs);
  try {
    assert.deepEqual(result, await scenario(agent), 'ours first, then that of the Agent');
  } finally {
    await agent.destroy();
  }
  return result;
}

/** What a promise is rejected with, as far as programs look at it. */
export async function failure(promise: Promise<unknown>): Promise<{ name: string; code: string | undefined }> {
  try {
    await promise;
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    return { name, code };
  }
  return { name: 'none', code: undefined };
}

/** A handler that records what it is told. `act` may do something about it. */
export class Recorder {
  readonly calls: unknown[] = [];
  controller: Copy = null;
  error: Copy = null;
  readonly over: Promise<void>;
  private end!: () => void;

  constructor(private readonly act: (call: string, controller: Copy) => void = () => undefined) {
    this.over = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  private tell(call: string, ...details: unknown[]): void {
    this.calls.push(details.length === 0 ? call : [call, ...details]);
    this.act(call, this.controller);
  }

  onRequestStart(controller: Copy): void {
    this.controller = controller;
    this.tell('start');
  }

  onBodySent(chunk: Uint8Array): void {
    this.tell('body sent', String(Buffer.from(chunk)));
  }

  onRequestSent(): void {
    this.tell('request sent');
  }

  onResponseStarted(): void {
    this.tell('response started');
  }

  onResponseStart(_controller: Copy, status: number, headers: Record<string, string | string[]>): void {
    const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = headers;
    this.tell('response', status, { ...rest });
  }

  onResponseData(_controller: Copy, chunk: Buffer): void {
    this.tell('data', String(chunk));
  }

  onResponseEnd(_controller: Copy, trailers: Record<string, string>): void {
    this.tell('end', { ...trailers });
    this.end();
  }

  onResponseError(_controller: Copy, error: Copy): void {
    this.error = error;
    this.tell('error', error.name, error.code);
    this.end();
  }
}
