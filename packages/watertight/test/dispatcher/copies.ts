/** The copies of undici that the dispatcher is tested with, and a dispatcher over connections of a test's own. */
import type { Transport } from 'watertight';
import { dispatcherClass } from '#dispatcher';
import type { Loopback } from '../fixtures/loopback.js';

 
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

export function dispatcherOf(net: Loopback, undici: Copy, options: object = {}): { dispatcher: Copy; transport: Transport } {
  const { transport } = net.client();
  return { dispatcher: new (dispatcherClass(undici as never))({ transport, ...options }), transport };
}
