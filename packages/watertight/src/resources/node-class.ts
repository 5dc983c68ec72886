/**
 * Owns the access to the classes of Node's modules by which things are recognised. The modules are loaded when the
 * first list is made, not with this library: `watertight/register` loads nothing that the program has not loaded. `getBuiltinModule`
 * reads no exports, unlike an import, for which Node reads all of them.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket as UdpSocket } from 'node:dgram';
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';

export function isSocket(thing: object): thing is Socket {
  return thing instanceof process.getBuiltinModule('node:net').Socket;
}

export function isServer(thing: object): thing is Server {
  return thing instanceof process.getBuiltinModule('node:net').Server;
}

export function isHttpServer(thing: object): thing is HttpServer {
  return thing instanceof process.getBuiltinModule('node:http').Server;
}

export function isHttpsServer(thing: object): thing is HttpsServer {
  return thing instanceof process.getBuiltinModule('node:https').Server;
}

export function isUdpSocket(thing: object): thing is UdpSocket {
  return thing instanceof process.getBuiltinModule('node:dgram').Socket;
}

export function isChildProcess(thing: object): thing is ChildProcess {
  return thing instanceof process.getBuiltinModule('node:child_process').ChildProcess;
}

export function isMessagePort(thing: unknown): thing is MessagePort {
  return thing instanceof process.getBuiltinModule('node:worker_threads').MessagePort;
}

/** Whether it is the port of this thread, if the thread is a worker. */
export function isParentPort(port: MessagePort): boolean {
  return port === process.getBuiltinModule('node:worker_threads').parentPort;
}
