/**
 * Owns the description of handles (servers, sockets, pipes, child processes, watchers, ports) and the
 * decision which of them keep the process alive: a referenced handle does so only while it is active.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket as UdpSocket } from 'node:dgram';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { commandName } from './command.js';
import { creationOf, type Creation } from './creation.js';
import type { Description } from './description.js';
import { handleOf, isIpcPipe, underSymbol, type Handle, type Request } from './internals.js';
import { isChildProcess, isHttpServer, isHttpsServer, isMessagePort, isParentPort, isServer, isSocket, isUdpSocket } from './node-class.js';
import { describeWatcher } from './watch.js';

/** Other things that say more about a handle. */
export interface Surroundings {
  /** Connect requests by the async id of the socket's handle. */
  readonly connects: ReadonlyMap<number, Request>;
  /** The pipes to and from child processes, with their names. */
  readonly pipes: ReadonlyMap<object, string>;
}

/** Describes a handle; null if it does not keep the process alive. */
export function describeHandle(owner: object, around: Surroundings): Description | null {
  if (isServer(owner)) return describeServer(owner);
  if (isSocket(owner)) return describeSocket(owner, around);
  if (isUdpSocket(owner)) return describeUdp(owner);
  if (isChildProcess(owner)) return describeChild(owner);
  if (isMessagePort(owner)) return describePort(owner);
  return describeOther(owner, around);
}

/** Describes a stream with a write in progress, which keeps the process alive even if the stream is not referenced. */
export function describeWrite(owner: object, around: Surroundings): Description {
  const { type, description, creation } = isSocket(owner) ? nameSocket(owner, around) : describeOther(owner, around);
  return { type, description: `${description}, being written to`, advice: 'read at the other end, or socket.destroy()', creation };
}

function describeServer(server: Server): Description {
  const address = server.address();
  const place = address === null ? 'not listening yet' : typeof address === 'string' ? address : hostPort(address.address, address.port);
  const scheme = isHttpsServer(server) ? 'https ' : isHttpServer(server) ? 'http ' : '';
  return {
    type: 'server',
    description: `${scheme}${place}`,
    advice: `server.close()${scheme === '' ? '' : ' and closeAllConnections()'}, or server.unref()`,
    creation: serverCreation(server),
  };
}

/** The call of `listen`, recorded on the server, or else on its handle. */
function serverCreation(server: object): Creation | null {
  const handle = handleOf(server);
  return creationOf(server) ?? (handle === null ? null : creationOf(handle));
}

function describeSocket(socket: Socket, around: Surroundings): Description | null {
  const handle = handleOf(socket);
  const active = handle !== null && (handle.reading === true || socket.connecting);
  return active ? nameSocket(socket, around) : null;
}

function nameSocket(socket: Socket, { connects, pipes }: Surroundings): Description {
  const handle = handleOf(socket);
  const creation = handle === null ? null : creationOfHandle(handle);
  const child = pipes.get(socket);
  if (child !== undefined) {
    return { type: 'pipe', description: child, advice: 'destroy() or unref() the stream: unref() of the child does not cover its pipes', creation };
  }
  if (handle?.fd === 0) {
    const kind = handle.constructor.name === 'TTY' ? 'terminal' : 'pipe';
    return { type: 'stdin', description: `being read, a ${kind}`, advice: 'process.stdin.pause(), close the readline interface, or process.stdin.unref()', creation };
  }
  if (socket.connecting) {
    return { type: 'socket', description: `connecting to ${target(socket, handle, connects)}`, advice: 'socket.destroy(), or a time limit', creation };
  }
  const server = (socket as { server?: object | null }).server ?? null;
  const closing = socket.readableEnded ? ', ended by the other side' : socket.writableEnded ? ', ended on this side' : '';
  return {
    type: 'socket',
    description: `${ends(socket, server !== null)}${closing}`,
    advice: server === null ? 'socket.destroy(), end() it on both sides, or socket.unref()' : 'socket.destroy(); closeAllConnections() of an http server ends all of its',
    ...(server === null ? { creation } : { creation: serverCreation(server), own: creation }),
  };
}

function creationOfHandle(handle: Handle): Creation | null {
  return creationOf(handle) ?? (handle._parent === undefined ? null : creationOf(handle._parent));
}

function target(socket: Socket, handle: Handle | null, connects: Surroundings['connects']): string {
  const request = connects.get(handle?.getAsyncId?.() ?? 0);
  if (request?.address !== undefined) return request.port === undefined ? request.address : hostPort(request.address, request.port);
  return (socket as { _host?: string | null })._host ?? 'an address being looked up';
}

function ends(socket: Socket, accepted: boolean): string {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return accepted ? 'unix socket, accepted' : 'unix socket or pipe';
  const local = hostPort(localAddress, localPort);
  const remote = remoteAddress === undefined || remotePort === undefined ? '(gone)' : hostPort(remoteAddress, remotePort);
  return accepted ? `${local} ← ${remote}, accepted` : `${local} → ${remote}`;
}

function describeUdp(socket: UdpSocket): Description | null {
  let address: AddressInfo;
  try {
    address = socket.address();
  } catch {
    // A socket that is not bound waits for nothing.
    return null;
  }
  const state = underSymbol(socket, 'state symbol') as { handle?: object | null } | undefined;
  const handle = state?.handle ?? null;
  return {
    type: 'udp socket',
    description: hostPort(address.address, address.port),
    advice: 'socket.close(), or socket.unref()',
    creation: handle === null ? null : creationOf(handle),
  };
}

function describeChild(child: ChildProcess): Description {
  const handle = handleOf(child);
  return {
    type: 'child process',
    description: childName(child),
    advice: 'child.kill(), or child.unref() and that of its pipes',
    creation: handle === null ? null : creationOf(handle),
  };
}

export function childName(child: ChildProcess): string {
  return `${commandName(child.spawnfile, child.spawnargs)} (pid ${child.pid ?? 'none'})`;
}

function describePort(port: MessagePort): Description {
  const creation = creationOf(port);
  return isParentPort(port)
    ? { type: 'message port', description: 'parentPort, with a listener', advice: 'parentPort.close(), or remove the listener', creation }
    : { type: 'message port', description: 'MessagePort or BroadcastChannel, with a listener', advice: 'close(), unref(), or remove the listener', creation };
}

function describeChannel(creation: Creation | null, child: string | undefined): Description {
  return child === undefined
    ? { type: 'ipc channel', description: 'to the parent process', advice: "process.disconnect(), or remove the listeners of process.on('message')", creation }
    : { type: 'ipc channel', description: child, advice: 'child.disconnect(), or child.channel.unref()', creation };
}

/** Describes watchers, whose classes Node does not export, and any class that a later Node adds. */
function describeOther(owner: object, around: Surroundings): Description {
  const name = owner.constructor.name;
  if (isIpcPipe(owner)) return describeChannel(creationOf(owner), around.pipes.get(owner));
  const creation = creationOf(handleOf(owner) ?? owner);
  return describeWatcher(name, creation) ?? { type: 'handle', description: name, advice: 'close it, or unref() it', creation };
}

/** `host:port`, with an IPv6 address in brackets, as in a URL. */
function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
