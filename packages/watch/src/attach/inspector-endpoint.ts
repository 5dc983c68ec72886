/** Owns the HTTP side of an inspector: whether one answers at an address, and the WebSocket address of its program. */
import { Client, Transport } from 'watertight';
import { AttachError } from './attach-error.js';
import type { InspectorAddress } from './address.js';

/** Bytes of an answer, and milliseconds for it. */
const MAX_ANSWER = 1024 * 1024;
const TIMEOUT = 5000;

interface Listed {
  readonly title?: unknown;
  readonly type?: unknown;
  readonly webSocketDebuggerUrl?: unknown;
}

/** The WebSocket address of the program whose inspector is at `address`. */
export async function webSocketUrl(address: InspectorAddress): Promise<string> {
  const place = shown(address);
  const list = await ask(address, '/json/list');
  if (!Array.isArray(list)) throw new AttachError('closed', `${place} does not answer as an inspector does. Is it the port of one? A Node opens it by --inspect, or by SIGUSR1`);
  const targets = (list as readonly Listed[]).filter(({ type, webSocketDebuggerUrl }) => type === 'node' && typeof webSocketDebuggerUrl === 'string');
  if (targets.length === 0) throw new AttachError('not-node', `the inspector at ${place} is not a Node's`);
  // The address that it names is its own view; a forwarded port has another.
  const { pathname } = new URL(targets[0].webSocketDebuggerUrl as string);
  return `ws://${place}${pathname}`;
}

/** Whether an inspector of a Node answers there. */
export async function isInspector(address: InspectorAddress): Promise<boolean> {
  try {
    const version = await ask(address, '/json/version');
    return typeof version === 'object' && version !== null && 'Protocol-Version' in version;
  } catch {
    return false;
  }
}

export function shown({ host, port }: InspectorAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function ask(address: InspectorAddress, path: string): Promise<unknown> {
  const place = shown(address);
  const transport = new Transport({ proxy: null, disableKeepAlives: true });
  try {
    // Node answers only to names of its own machine (DNS rebinding), and to addresses.
    const response = await new Client({ transport, timeout: TIMEOUT }).get(`http://${place}${path}`);
    const text = Buffer.from(await response.body.readAll(MAX_ANSWER)).toString();
    if (response.status !== 200) return null;
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    const text = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
    throw new AttachError('gone', `no inspector answers at ${place}: ${text}`, { cause: error });
  } finally {
    await transport.close();
  }
}
