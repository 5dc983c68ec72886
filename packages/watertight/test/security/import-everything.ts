/** Runs in a process of its own: what is different in the process after the library was imported? */

import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

function surroundings(): Record<string, unknown> {
  const methods = (owner: object): unknown[] => Object.getOwnPropertyNames(owner).map((name) => [name, Object.getOwnPropertyDescriptor(owner, name)?.value]);
  return {
    globals: Object.getOwnPropertyNames(globalThis).sort(),
    fetch: globalThis.fetch,
    agents: [http.globalAgent, https.globalAgent],
    agentSettings: JSON.stringify([http.globalAgent, https.globalAgent]),
    http: [http.request, http.get, https.request, net.connect, net.Socket, tls.connect],
    prototypes: [Object.prototype, Array.prototype, Function.prototype, Promise.prototype, Error, net.Socket.prototype].flatMap(methods),
    stackTraceLimit: Error.stackTraceLimit,
    prepareStackTrace: Error.prepareStackTrace,
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
    resources: process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|FS|Close)/.test(name)),
  };
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  return Object.is(a, b);
}

const before = surroundings();
// Not those that are imported for what they do: the leak check, its adapters and register observe other clients.
await import('watertight');
await import('watertight/pprof');
await import('watertight/metrics');
const { taskCount } = await import('watertight/tasks');
const after = surroundings();
const changed = Object.keys(before).filter((key) => !same(before[key], after[key]));
process.stdout.write(JSON.stringify({ changed, taskCount: taskCount() }));
