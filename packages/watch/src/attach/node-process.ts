/**
 * Owns what the operating system tells of a process before it is touched: whether it is a Node, whether the signal that
 * opens its inspector would end it instead, and which ports it listens on.
 *
 * All of it is in Linux's /proc. On other systems only the existence of the process is known.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { AttachError } from './attach-error.js';
import type { InspectorAddress } from './address.js';

/** POSIX leaves the number to the system: 10 on Linux for x86 and ARM, 30 on macOS. */
const SIGUSR1_LINUX = 10;

export interface NodeProcess {
  readonly pid: number;
  /** As the process itself sees it, which differs in a container. */
  readonly ownPid: number;
  readonly arguments: readonly string[];
  /** Whether it has a handler for SIGUSR1, without which the signal would end it. Null where the system does not tell. */
  readonly takesSignal: boolean | null;
}

/**
 * @throws AttachError if there is no such process, if it is no Node, and if it is not ours to signal.
 */
export function readProcess(pid: number): NodeProcess {
  signalable(pid);
  if (process.platform !== 'linux') return { pid, ownPid: pid, arguments: [], takesSignal: null };
  const status = read(pid, 'status');
  if (/^State:\s+Z/m.test(status)) throw new AttachError('gone', `process ${pid} has ended; its parent has not noticed yet`);
  const caught = BigInt(`0x${/^SigCgt:\s+([\da-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const args = read(pid, 'cmdline').split('\0').slice(0, -1);
  const executable = link(pid, 'exe');
  if (!isNode(pid, executable)) throw new AttachError('not-node', `process ${pid} (${executable.split('/').at(-1) ?? '?'}) is no Node. It was left alone: the signal that opens the inspector of a Node ends other programs`);
  if (link(pid, 'ns/net') !== readlinkSync('/proc/self/ns/net')) {
    throw new AttachError('not-ours', `process ${pid} runs in a container: its inspector would listen where this command can't connect to. Run the command in that container, or open the inspector there (kill -USR1) and forward its port`);
  }
  const ownPid = Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? pid);
  return { pid, ownPid, arguments: args, takesSignal: ((caught >> BigInt(SIGUSR1_LINUX - 1)) & 1n) === 1n };
}

function signalable(pid: number): void {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') throw new AttachError('not-ours', `process ${pid} belongs to another user: run the command as that user, or as root`, { cause: error });
    throw new AttachError('gone', `there is no process ${pid}`, { cause: error });
  }
}

/** Whether the executable, or a library that it has loaded, is Node: by what stands in its code, as a program may have any name. */
function isNode(pid: number, executable: string): boolean {
  const name = executable.split('/').at(-1) ?? '';
  // They have Node's names in them, and another engine.
  if (/^(?:bun|deno)\b/.test(name)) return false;
  if (/^node(?:js)?\d*(?: \(deleted\))?$/.test(name)) return true;
  if (/\blibnode\.so/.test(read(pid, 'maps'))) return true;
  return readFileSync(`/proc/${pid}/exe`).includes('NODE_PENDING_DEPRECATION');
}

function read(pid: number, name: string): string {
  return attempt(pid, () => readFileSync(`/proc/${pid}/${name}`, 'utf8'));
}

function link(pid: number, name: string): string {
  return attempt(pid, () => readlinkSync(`/proc/${pid}/${name}`));
}

function attempt<T>(pid: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') throw new AttachError('not-ours', `process ${pid} is another user's, or may not be looked at: run the command as its user, or as root`, { cause: error });
    throw new AttachError('gone', `process ${pid} has ended`, { cause: error });
  }
}

/** Where a process of this machine listens; null where the system does not tell. */
export function listeningAt(pid: number): readonly InspectorAddress[] | null {
  if (process.platform !== 'linux') return null;
  const inodes = new Set<string>();
  for (const descriptor of attempt(pid, () => readdirSync(`/proc/${pid}/fd`))) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return ['tcp', 'tcp6'].flatMap((name) => listening(`/proc/${pid}/net/${name}`)).filter(({ inode }) => inodes.has(inode));
}

/** Linux: state 0A is LISTEN; an address is its words in the machine's byte order. */
function listening(file: string): readonly (InspectorAddress & { readonly inode: string })[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // No IPv6.
  }
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A')
    .map((columns) => {
      const [address, port] = columns[1].split(':');
      return { host: hostOf(address), port: Number.parseInt(port, 16), inode: columns[9] };
    });
}

function hostOf(hex: string): string {
  if (hex.length === 8) {
    const host = Buffer.from(hex, 'hex').reverse().join('.');
    return host === '0.0.0.0' ? '127.0.0.1' : host;
  }
  // Of IPv6, an inspector listens at the loopback address or at all.
  return '::1';
}
