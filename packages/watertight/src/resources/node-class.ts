/**
 * Owns the access to the classes of Node's modules by which things are recognised. The modules are loaded when the
 * first list is made, not with this library: `watertight/register` loads nothing that the program has not loaded.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket as UdpSocket } from 'node:dgram';
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { builtin } from '../tasks/index.js';

export function isSocket(thing: object): thing is Socket {
  return thing instanceof builtin('node:net').Socket;
}

export function isServer(thing: object): thing is Server {
  return thing instanceof builtin('node:net').Server;
}

export function isHttpServer(thing: object): thing is HttpServer {
  return thing instanceof builtin('node:http').Server;
}

export function isHttpsServer(thing: object): thing is HttpsServer {
  return thing instanceof builtin('node:https').Server;
}

export function isUdpSocket(thing: object): thing is UdpSocket {
  return thing instanceof builtin('node:dgram').Socket;
}

export function isChildProcess(thing: object): thing is ChildProcess {
  return thing instanceof builtin('node:child_process').ChildProcess;
}

export function isMessagePort(thing: unknown): thing is MessagePort {
  return thing instanceof builtin('node:worker_threads').MessagePort;
}

/** Whether it is the port of this thread, if the thread is a worker. */
export function isParentPort(port: MessagePort): boolean {
  return port === builtin('node:worker_threads').parentPort;
}
