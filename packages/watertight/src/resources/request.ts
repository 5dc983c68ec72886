/**
 * Owns the description of everything that is not a handle: requests to libuv, jobs on its threads, workers,
 * timers.
 */
import { creationOf, type Creation } from './creation.js';
import type { Description } from './description.js';
import { describeWrite, type Surroundings } from './handle.js';
import { ownerOf, type Job, type Request, type TimerLike } from './internals.js';
import { isSocket } from './node-class.js';

const BY_ITSELF = 'it ends by itself; await it';

/** Describes a request; null if it belongs to a listed handle. */
export function describeRequest(request: Request, listed: ReadonlySet<object>, around: Surroundings): Description | null {
  const name = request.constructor.name;
  const creation = creationOf(request);
  switch (name) {
    case 'GetAddrInfoReqWrap':
      return isForSocket(request, listed) ? null : { type: 'dns lookup', description: `dns.lookup of ${request.hostname ?? 'a host'}`, advice: BY_ITSELF, creation };
    case 'GetNameInfoReqWrap':
      return { type: 'dns lookup', description: 'dns.lookupService', advice: BY_ITSELF, creation };
    case 'TCPConnectWrap':
    case 'PipeConnectWrap': {
      if (hasHandle(listed, creation?.trigger)) return null;
      const { address = 'an address', port } = request;
      return { type: 'socket', description: `connecting to ${port === undefined ? address : `${address}:${port}`}`, advice: 'socket.destroy(), or a time limit', creation };
    }
  }
  if (/^(?:FSReq|File)/.test(name)) return fileOperation(creation);
  if (request.handle === undefined) return { type: 'request', description: name, advice: BY_ITSELF, creation };
  const owner = ownerOf(request.handle);
  return listed.has(owner) ? null : describeWrite(owner, around);
}

function fileOperation(creation: Creation | null): Description {
  return { type: 'file operation', description: 'of node:fs, under way', advice: `${BY_ITSELF}, unless it reads a pipe or a device`, creation };
}

/** A DNS lookup for a socket in the list is part of that socket. */
function isForSocket(request: Request, listed: ReadonlySet<object>): boolean {
  for (const owner of listed) {
    if (isSocket(owner) && owner.connecting && (owner as { _host?: string })._host === request.hostname) return true;
  }
  return false;
}

function hasHandle(listed: ReadonlySet<object>, asyncId: number | undefined): boolean {
  if (asyncId === undefined) return [...listed].some((owner) => isSocket(owner) && owner.connecting);
  for (const owner of listed) {
    const handle = isSocket(owner) ? (owner as { _handle?: Job | null })._handle : null;
    if (handle?.getAsyncId?.() === asyncId) return true;
  }
  return false;
}

export function describeWorker(worker: Job): Description {
  const creation = creationOf(worker);
  const { threadId } = worker as { threadId?: number };
  const file = creation === null || creation.detail === '' ? '' : `${creation.detail}, `;
  return { type: 'worker', description: `${file}thread ${threadId ?? '?'}`, advice: 'worker.terminate(), or worker.unref()', creation };
}

export function describeJob(job: Job): Description {
  const name = job.constructor.name;
  const creation = creationOf(job);
  if (name === 'QueryReqWrap') return { type: 'dns query', description: `for ${job.hostname ?? 'a name'}`, advice: 'resolver.cancel(), or a time limit', creation };
  if (name === 'ReadFileJob') return fileOperation(creation);
  return { type: 'crypto job', description: name.replace(/Job$/, ''), advice: BY_ITSELF, creation };
}

/** Describes a stream of node:zlib; null between two chunks, when it does not keep the process alive. */
export function describeCompressor(job: Job): Description | null {
  if ((job.buffer ?? null) === null) return null;
  return { type: 'compression', description: `${job.constructor.name} at work`, advice: BY_ITSELF, creation: creationOf(job) };
}

/** Describes a timer; null while its last callback runs, after which it is over. */
export function describeTimer(timer: TimerLike): Description | null {
  const creation = creationOf(timer);
  if (timer.constructor.name === 'Immediate') {
    return { type: 'timer', description: `setImmediate${callback(timer._onImmediate)}`, advice: 'clearImmediate(), or unref() it', creation };
  }
  if (typeof timer._repeat === 'number') {
    return { type: 'timer', description: `setInterval every ${timer._repeat} ms${callback(timer._onTimeout)}`, advice: 'clearInterval(), or unref() it', creation };
  }
  if (timer._idleNext === null) return null;
  return { type: 'timer', description: `setTimeout ${timer._idleTimeout ?? '?'} ms${callback(timer._onTimeout)}`, advice: 'clearTimeout(), or unref() it', creation };
}

function callback(fn: unknown): string {
  return typeof fn === 'function' && fn.name !== '' ? `: ${fn.name}` : '';
}
