/** Owns the way to an inspector: the one that is open, or one that a signal opens. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AttachError } from './attach-error.js';
import type { Address, InspectorAddress } from './address.js';
import { within } from './within.js';
import { isInspector, shown, webSocketUrl } from './inspector-endpoint.js';
import { InspectorSession } from './inspector-session.js';
import { Tether } from './tether.js';
import { listeningAt, readProcess, type NodeProcess } from './node-process.js';

const DEFAULT_PORT = 9229;

/** How long a Node may take to open its inspector, and how often that is looked at, in ms. A program that does not come to its event loop takes longer. */
const PATIENCE = 5000;
const STEP = 20;

/** How long the program may take for its first answer, ms. */
const ANSWER = 5000;
const CLOSING = "process.getBuiltinModule('node:timers').setImmediate(() => process.getBuiltinModule('node:inspector').close())";

export interface OpenInspector {
  readonly session: InspectorSession;
  readonly address: InspectorAddress;
  readonly pid: number;
  /** Such as `v24.21.0`. */
  readonly version: string;
  /** Whether it was opened by us. */
  readonly openedByUs: boolean;
  /** What takes back what is changed in the process. */
  readonly tether: Tether;
  /** Ends the session, takes back everything, and closes the inspector if it was opened by us. */
  end(): Promise<void>;
}

/** Opens a session with the process, and its inspector if that is not open. */
export async function openInspector(address: Address): Promise<OpenInspector> {
  if (!('pid' in address)) return tied({ ...(await connect(address)), address }, false);
  const node = readProcess(address.pid);
  const open = await alreadyOpen(node);
  if (open !== null) return tied(open, false);
  const { byUs, ...opened } = await openBySignal(node);
  return tied(opened, byUs);
}

async function tied(connected: Found, openedByUs: boolean): Promise<OpenInspector> {
  const { session } = connected;
  const tether = await Tether.tie(session, openedByUs);
  return {
    ...connected,
    openedByUs,
    tether,
    async end() {
      await tether.end();
      await session.close();
    },
  };
}

interface Connected {
  readonly session: InspectorSession;
  readonly pid: number;
  readonly version: string;
}

type Found = Connected & { readonly address: InspectorAddress };

async function connect(address: InspectorAddress, closes = false): Promise<Connected> {
  const session = await InspectorSession.open(await webSocketUrl(address));
  const said = session.evaluate('({ pid: process.pid, version: process.version })');
  const result = await within(ANSWER, said.catch((error: unknown) => error as Error));
  if (result === null) {
    // Not waited for: it is done when the program goes on.
    if (closes) session.send('Runtime.evaluate', { expression: CLOSING }).catch(() => undefined);
    await session.close();
    throw new AttachError('closed', `the program behind ${shown(address)} does not answer its inspector: for ${ANSWER / 1000} s it has run none of its JavaScript. It is in a loop, blocked in a synchronous call, or suspended${closes ? '. Its inspector closes when it goes on' : ''}`);
  }
  if (result instanceof Error) {
    await session.close();
    throw result;
  }
  const { pid, version } = result.value as { pid: number; version: string };
  return { session, pid, version };
}

/** An inspector is only taken for this process's if the process itself says so: another may have the port. */
async function connectTo(node: NodeProcess, address: InspectorAddress, closes: boolean): Promise<Found | null> {
  if (!(await isInspector(address))) return null;
  const connected = await connect(address, closes);
  if (connected.pid === node.ownPid) return { ...connected, address };
  await connected.session.close();
  return null;
}

/**
 * Asks only where this process listens, and of those only ports that are known to be an inspector's: another server would
 * have to answer. If the system chose the port of the inspector, it may be any of them.
 */
async function alreadyOpen(node: NodeProcess): Promise<Found | null> {
  const ports = portsOf(node);
  const isAny = node.arguments.some((each) => /^--inspect(?:-brk|-wait)?=(?:.*:)?0$/.test(each));
  const listening = listeningAt(node.pid);
  return firstOf(node, listening === null ? [...ports].map((port) => ({ host: '127.0.0.1', port })) : listening.filter(({ port }) => isAny || ports.has(port)));
}

async function firstOf(node: NodeProcess, candidates: readonly InspectorAddress[], closes = false): Promise<Found | null> {
  for (const candidate of candidates) {
    const found = await connectTo(node, candidate, closes);
    if (found !== null) return found;
  }
  return null;
}

/** The ports that its command line names for an inspector, and the default. */
function portsOf({ arguments: args }: NodeProcess): Set<number> {
  const named = args.flatMap((each, index) => {
    const match = /^--(?:inspect|inspect-brk|inspect-wait|inspect-port|debug-port)(?:=(?:.*:)?(\d+))?$/.exec(each);
    if (match === null) return [];
    return [Number(match[1] ?? args[index + 1])];
  });
  return new Set([DEFAULT_PORT, ...named.filter((port) => port > 0)]);
}

/** `byUs`: whether the signal opened it; it may have been open all the time, at a port that the program chose. */
async function openBySignal(node: NodeProcess): Promise<Found & { readonly byUs: boolean }> {
  const { pid, takesSignal } = node;
  if (takesSignal === false) {
    throw new AttachError('not-node', `process ${pid} does not take SIGUSR1, which would end it (it runs with --disable-sigusr1, or has not started up yet), so its inspector was not opened. Start it with --inspect=127.0.0.1:9229, and name that address`);
  }
  const before = listeningAt(pid);
  signal(pid);
  const deadline = performance.now() + PATIENCE;
  while (performance.now() < deadline) {
    await sleep(STEP);
    const now = listeningAt(pid);
    const fresh = now === null ? [...portsOf(node)].map((port) => ({ host: '127.0.0.1', port })) : now.filter(({ host, port }) => !before!.some((old) => old.port === port && old.host === host));
    const found = await firstOf(node, fresh, now !== null);
    if (found !== null) return { ...found, byUs: true };
  }
  const found = await firstOf(node, before ?? []);
  if (found !== null) return { ...found, byUs: false };
  throw new AttachError('closed', `the inspector of process ${pid} did not open within ${PATIENCE / 1000} s. ${await whyClosed(node)}`);
}

async function whyClosed(node: NodeProcess): Promise<string> {
  if (node.arguments.some((each) => /^--(?:experimental-)?permission$/.test(each))) return 'It runs with --permission, under which there is no inspector';
  const ports = [...portsOf(node)];
  const taken = { host: '127.0.0.1', port: ports.at(-1)! };
  if (await isInspector(taken)) return `Another process's inspector has ${shown(taken)}: end that one, or start this process with --inspect-port=0`;
  return 'It may have a handler of its own for SIGUSR1, or not come to its event loop; or its port may be in use. Its standard error may say more. If it can be restarted, start it with --inspect=127.0.0.1:9229';
}

function signal(pid: number): void {
  // Windows has no signals; Node has a way of its own there.
  if (process.platform === 'win32') (process as unknown as { _debugProcess: (pid: number) => void })._debugProcess(pid);
  else process.kill(pid, 'SIGUSR1');
}
