/**
 * Owns the sentences that say what a move did and why.
 *
 * They are made only from the state before and the state after the move. Pure.
 */
import type { ConnectionView, Move, PoolLimits, RequestView, Snapshot } from './frame.js';
import { GLOSSARY, type Term } from './glossary.js';
import { amount, counted, named, share, upperFirst } from './wording.js';

export interface Explanation {
  /** A sentence or a few. */
  readonly text: string;
  /** The terms in it that the reader may not know, with their meaning. */
  readonly terms: readonly { readonly term: Term; readonly meaning: string }[];
}

/** A sentence, and the words it uses. */
interface Said {
  readonly text: string;
  readonly terms: readonly Term[];
}

const NOTHING: Snapshot = { taskCount: 1, connections: [], dials: [], requests: [], opened: 0, closed: 0, errors: 0 };

/** `before` is null at the start. */
export function explain(before: Snapshot | null, move: Move, after: Snapshot, limits: PoolLimits): Explanation {
  const { text, terms } = sentence(before ?? NOTHING, move, after, limits);
  return { text, terms: [...new Set(terms)].map((term) => ({ term, meaning: GLOSSARY[term] })) };
}

function sentence(before: Snapshot, move: Move, after: Snapshot, limits: PoolLimits): Said {
  switch (move.op) {
    case 'start':
      return said(`The program has started and has asked for nothing yet. It is one task itself, so the count is ${after.taskCount}.`, 'task');
    case 'ask':
      return move.requests.length === 1 ? askedOne(before, requestIn(after, move.requests[0]), after, limits) : askedAtOnce(before, move.requests, after, limits);
    case 'answer':
      return answered(before, move.requests, after);
    case 'read':
      return read(before, requestIn(after, move.request), move, after, limits);
    case 'close':
      return closed(requestIn(before, move.request), before, after);
    case 'leave':
      return left(requestIn(after, move.request), after);
    case 'cancel':
      return cancelled(requestIn(before, move.request), requestIn(after, move.request), before, after);
    case 'wait':
      return waited(move.ms, before, after);
    case 'closeIdle':
      return idleClosed(before, after);
    case 'count':
      return count(move.go, after);
  }
}

// ---- asking for a connection

function askedOne(before: Snapshot, request: RequestView, after: Snapshot, limits: PoolLimits): Said {
  const { id } = request;
  if (after.dials.some((dial) => dial.request === id)) {
    const costs = id === 1 ? `The dial is a task for as long as it lasts: the count is ${after.taskCount}.` : `With the dial the count is ${after.taskCount}.`;
    return said(`Request ${id} needs a connection. ${whyDial(before, request, 1)} ${costs}`, 'connection', 'dial', 'task');
  }
  if (request.phase === 'asking') {
    const holders = open(before).filter(({ server }) => server === request.server);
    const whose = holders.flatMap((each) => (each.request === null ? [] : [each.request]));
    return said(`Request ${id} has to wait: ${counted(holders.length, 'connection')} to its server may be open (maxConnsPerHost is ${limits.maxConnsPerHost}), and ${named('request', whose)} ${have(whose)} not finished with ${them(whose)}.`, 'connection', 'pinned');
  }
  if (request.phase === 'failed') return said(`Request ${id} failed: ${request.error ?? ''}.`);
  const taken = `Request ${id} finds connection ${request.connection} in the idle pool and takes it: nothing is dialled and no task is added.`;
  const came = arrival(request, after);
  return said(`${taken} ${came.text}`, 'idle pool', ...came.terms);
}

function askedAtOnce(before: Snapshot, ids: readonly number[], after: Snapshot, limits: PoolLimits): Said {
  const dialling = ids.filter((id) => after.dials.some(({ request }) => request === id));
  const waiting = ids.filter((id) => !dialling.includes(id) && requestIn(after, id).phase === 'asking');
  const reusing = ids.filter((id) => !dialling.includes(id) && !waiting.includes(id));
  const first = requestIn(after, ids[0]);
  const parts = [`${upperFirst(named('request', ids))} are made at the same moment, and a connection carries one request at a time.`];
  if (reusing.length > 0) {
    const there = reusing.filter((id) => requestIn(after, id).status > 0);
    parts.push(`${upperFirst(named('request', reusing))} ${reusing.length === 1 ? 'takes' : 'take'} what the idle pool has, ${named('connection', connectionsOf(after, reusing))}: nothing is dialled for ${them(reusing)}.`);
    if (there.length > 0) parts.push(`${there.length === 1 ? 'Its response has' : 'The responses have'} come; unread, ${there.length === 1 ? 'it pins its connection' : 'each pins its connection'}.`);
  }
  if (dialling.length > 0) {
    const why = reusing.length > 0 ? `The pool has no more, so ${dialling.length === 1 ? 'another is' : `${dialling.length} are`} dialled.` : whyDial(before, first, dialling.length);
    parts.push(`${why} ${dialling.length === 1 ? 'The dial is a task' : 'Each dial is a task'} for as long as it lasts: the count is ${after.taskCount}.`);
  }
  if (waiting.length > 0) parts.push(`${upperFirst(named('request', waiting))} ${waiting.length === 1 ? 'waits' : 'wait'}, because maxConnsPerHost allows ${limits.maxConnsPerHost}.`);
  return said(parts.join(' '), 'connection', 'dial', ...(reusing.length > 0 ? (['idle pool'] as const) : []));
}

/** Why no connection that there is would do, and so `dials` are made. */
function whyDial(before: Snapshot, request: RequestView, dials: number): string {
  const own = before.connections.filter(({ server }) => server === request.server);
  const live = own.filter(({ state }) => state !== 'closed');
  const held = live.flatMap((each) => (each.request === null ? [] : [each.request]));
  const dialled = dials === 1 ? 'another one is dialled' : `${dials} are dialled at once`;
  if (held.length > 0) {
    const which = live.length === 1 ? 'The one that is open is' : live.length === 2 ? 'The two that are open are' : `All ${live.length} that are open are`;
    return `${which} held by the unfinished ${held.length === 1 ? 'response' : 'responses'} to ${named('request', held)}, so ${dialled}.`;
  }
  if (own.length > 0) return `${own.length === 1 ? 'The one there was has' : 'Those there were have'} been closed, so ${dialled}.`;
  const others = open(before);
  if (others.length > 0) return `${others.length === 1 ? 'The one in the pool leads' : 'Those in the pool lead'} to another server, so ${dials === 1 ? 'one to this server is dialled' : dialled}.`;
  return `There is none yet, so ${dials === 1 ? 'one is dialled' : dialled}.`;
}

// ---- responses

function answered(before: Snapshot, ids: readonly number[], after: Snapshot): Said {
  const known = new Set(before.connections.map(({ id }) => id));
  const fresh = after.connections.filter(({ id }) => !known.has(id));
  const failed = ids.filter((id) => requestIn(after, id).phase === 'failed');
  if (fresh.length === 0 && failed.length > 0) return said(`${upperFirst(named('request', failed))} failed: ${requestIn(after, failed[0]).error ?? ''}.`);
  const parts: string[] = [];
  const terms: Term[] = ['connection', 'readLoop', 'writeLoop', 'task'];
  if (fresh.length === 1) {
    const [{ id, state }] = fresh;
    if (state === 'closed') parts.push(`Connection ${id} was opened, and closed again after its response.`);
    else parts.push(id === 1 ? 'Connection 1 is open, and two tasks run for it as long as it is: its readLoop and its writeLoop.' : `Connection ${id} is open, with a readLoop and a writeLoop of its own: two tasks more.`);
  } else if (fresh.length > 1) parts.push(`${upperFirst(named('connection', fresh.map(({ id }) => id)))} are open, with two tasks each, a readLoop and a writeLoop.`);
  const served = ids.map((id) => requestIn(after, id)).filter(({ phase }) => phase !== 'asking' && phase !== 'failed');
  if (served.length === 1) {
    const came = arrival(served[0], after);
    parts.push(came.text);
    terms.push(...came.terms);
  } else if (served.length > 1) {
    const there = served.filter(({ status }) => status > 0).map(({ id }) => id);
    if (there.length > 0) parts.push(`The responses to ${named('request', there)} have come, and none of their bodies has been read: each pins its connection.`);
    terms.push('body', 'pinned');
  }
  const again = ids.filter((id) => requestIn(after, id).connection !== null && after.dials.some(({ request }) => request === id));
  if (again.length > 0) parts.push(`${upperFirst(named('request', again))} ${again.length === 1 ? 'was' : 'were'} redirected and ${again.length === 1 ? 'needs' : 'need'} a connection once more; none is idle, so ${again.length === 1 ? 'one is' : `${again.length} are`} dialled.`);
  parts.push(`The count is ${after.taskCount}.`);
  return said(parts.join(' '), ...terms);
}

/** That a response has come, and what that means for its connection. */
function arrival(request: RequestView, after: Snapshot): Said {
  const { id, status, contentLength, phase, connection } = request;
  if (phase === 'sent') return said('The request is written, and the response has not come yet.');
  if (phase === 'failed') return said(`Then it failed: ${request.error ?? ''}.`);
  if (phase === 'eof' || phase === 'closed') {
    const where = stateOf(after, connection) === 'idle' ? `connection ${connection} is in the idle pool again at once` : `connection ${connection} is closed`;
    if (id > 1) return said(`Its response (status ${status}) has no body: ${where}.`, 'body', 'idle pool');
    return said(`Its response has come (status ${status}) and has no body, so there is nothing to read and nothing to forget: ${where}.`, 'body', 'idle pool');
  }
  const size = contentLength < 0 ? 'with a body of unknown length' : `with a body of ${counted(contentLength, 'byte')}`;
  if (id === 1) return said(`The response has come (status ${status}) ${size}, and nothing of it has been read. Until it is read to its end or closed, it pins connection ${connection}: no other request can use it.`, 'body', 'pinned');
  return said(`The response has come (status ${status}) ${size} and pins connection ${connection}.`, 'body', 'pinned');
}

// ---- the body

function read(before: Snapshot, request: RequestView, { amount: wanted, half }: Move & { op: 'read' }, after: Snapshot, limits: PoolLimits): Said {
  const { id, phase, bytesRead, contentLength, connection } = request;
  if (phase === 'failed') return said(`Reading the body of response ${id} failed: ${request.error ?? ''}. Connection ${connection} is closed.`);
  if (phase !== 'eof') {
    const known = contentLength >= 0;
    const waiting = stateOf(after, connection) === 'busy';
    const much = known ? share(bytesRead, contentLength) : counted(bytesRead, 'byte');
    if (waiting) return said(`${much} have been read, and the program waits for more, which does not come. Connection ${connection} is in use as long as it waits.`, 'body');
    if (half) return said(`${much} are read${known ? '' : ', of a body whose length is not known beforehand'}. Half read is unread to the connection: what is left is still ahead of anything else that it could carry, so it stays with request ${id}.`, 'pinned');
    const left = contentLength - bytesRead;
    const rest = !known ? 'What is left is' : left === 1 ? 'The other one is' : `The other ${amount(left)} are`;
    const enough = wanted === 'all' ? 'and there is more to come' : 'and the program has what it wanted';
    return said(`${much} ${bytesRead === 1 && !known ? 'is' : 'are'} read, ${enough}. ${rest} still ahead of anything else that connection ${connection} could carry: it stays pinned by response ${id}, until that is read to its end or closed.`, 'pinned', 'EOF');
  }
  const done = `The last of ${counted(bytesRead, 'byte')} of response ${id} ${bytesRead === 1 ? 'is' : 'has been'} read: EOF.`;
  const now = after.connections.find((each) => each.id === connection);
  if (now?.state === 'idle') {
    const many = after.requests.filter(({ phase: each }) => each === 'eof').length;
    if (many > 1) return said(`${done} Connection ${connection} goes to the idle pool, and its two tasks stay.`, 'EOF', 'idle pool');
    return said(`${done} Nothing on connection ${connection} belongs to request ${id} any more, so it goes to the idle pool. Nobody had to call close() for that. Its two tasks stay alive and wait for the next request.`, 'EOF', 'idle pool');
  }
  const next = now?.request ?? id;
  if (next !== id) return said(`${done} Request ${next} was waiting for a connection, and gets connection ${connection} at once.`, 'EOF');
  return said(`${done} ${whyNotKept(before, request, limits)} So connection ${connection} is closed, and its two tasks end: the count is ${after.taskCount}.`, 'EOF', limits.disableKeepAlives ? 'keep-alive' : 'maxIdleConnsPerHost');
}

/** Why a connection whose response was read to its end is closed. */
function whyNotKept(before: Snapshot, { server }: RequestView, limits: PoolLimits): string {
  if (limits.disableKeepAlives) return 'Keep-alive is off, so a connection serves one request only.';
  const idle = before.connections.filter((each) => each.server === server && each.state === 'idle');
  if (limits.maxIdleConnsPerHost < 0) return 'The idle pool keeps none (maxIdleConnsPerHost is negative).';
  if (idle.length >= limits.maxIdleConnsPerHost) return `It would go to the idle pool, but that keeps no more than ${limits.maxIdleConnsPerHost} for each host (maxIdleConnsPerHost) and has ${named('connection', idle.map(({ id }) => id))} already.`;
  return 'It was to serve no more: one side said “Connection: close”, or the pool has no room.';
}

function closed(request: RequestView, before: Snapshot, after: Snapshot): Said {
  const { id, phase, bytesRead, contentLength, connection } = request;
  if (phase === 'eof') {
    const where = stateOf(after, connection) === 'idle' ? `Connection ${connection} has been in the idle pool since then, and stays there.` : '';
    return said(`Response ${id} is closed, which changes nothing: it has been read to its end. ${where}`.trim(), 'EOF', 'idle pool');
  }
  if (stateOf(after, connection) !== 'closed' || stateOf(before, connection) === 'closed') return said(`Response ${id} is closed, which changes nothing: it was over already.`);
  const others = after.connections.filter(({ state }) => state === 'pinned').length;
  const still = others === 0 ? '' : ` ${counted(others, 'other')} ${others === 1 ? 'is' : 'are'} still pinned.`;
  return said(`Response ${id} is closed with ${share(bytesRead, contentLength)} read. What is left of it is on the connection and would be in the way of the next response, so connection ${connection} is torn down, and its two tasks end: the count is ${after.taskCount}.${still}`, 'readLoop', 'writeLoop');
}

function left(request: RequestView, after: Snapshot): Said {
  const { id, connection } = request;
  const of = after.connections.find((each) => each.id === connection);
  const loops = of === undefined ? '' : ` Its readLoop waits for a reader (${of.readLoop ?? ''}), its writeLoop for a request (${of.writeLoop ?? ''}); neither will come.`;
  return said(`The program has what it wanted of response ${id}, its status, and goes on without reading the body or closing it. Nothing fails and nothing is logged, but connection ${connection} stays pinned.${loops}`, 'body', 'pinned', 'readLoop', 'writeLoop');
}

function cancelled(was: RequestView, is: RequestView, before: Snapshot, after: Snapshot): Said {
  const { id, connection } = is;
  if (was.phase === 'eof' || was.phase === 'closed' || was.phase === 'failed') return said(`Request ${id} is cancelled, which changes nothing: its response was over already.`, 'cancel');
  const lost = open(before).filter((each) => stateOf(after, each.id) === 'closed').map((each) => each.id);
  if (connection === null) return said(`Request ${id} is cancelled while it waits for a connection. The count is ${after.taskCount}.`, 'cancel');
  return said(`Request ${id} is cancelled. That gives its ${was.status === 0 ? 'response up before it came' : 'unread body up'}: ${lost.length > 0 ? `${named('connection', lost)} is closed, and its two tasks end` : `connection ${connection} stays`}. The count is ${after.taskCount}.`, 'cancel');
}

// ---- the rest

function waited(ms: number, before: Snapshot, after: Snapshot): Said {
  const lost = open(before).filter(({ id }) => stateOf(after, id) === 'closed').map(({ id }) => id);
  const what = lost.length === 0 ? 'Nothing changes by itself.' : `Meanwhile ${named('connection', lost)} ${lost.length === 1 ? 'was' : 'were'} closed: idle for as long as idleConnTimeout allows.`;
  return said(`The program waits for ${amount(ms)} ms. ${what}`);
}

function idleClosed(before: Snapshot, after: Snapshot): Said {
  const lost = open(before).filter(({ id }) => stateOf(after, id) === 'closed').map(({ id }) => id);
  const kept = open(after);
  const stay = kept.length === 0 ? '' : ` ${upperFirst(named('connection', kept.map(({ id }) => id)))} ${kept.length === 1 ? 'is' : 'are'} in use, and not touched by that.`;
  if (lost.length === 0) return said(`closeIdleConnections() finds no idle connection.${stay}`, 'idle pool');
  return said(`closeIdleConnections() empties the idle pool: ${named('connection', lost)} ${lost.length === 1 ? 'is' : 'are'} closed, and ${counted(2 * lost.length, 'task')} end. The count is ${after.taskCount}.${stay}`, 'idle pool');
}

function count(go: number, after: Snapshot): Said {
  const live = open(after);
  const sum = live.length === 0 ? 'the program alone, no connection is open' : `1 for the program + 2 × ${live.length} for the open ${live.length === 1 ? 'connection' : 'connections'}`;
  const same = go === after.taskCount ? `Go counted ${go}, too.` : `Go counted ${go}: that differs.`;
  return said(`The count is ${after.taskCount}: ${sum}. ${lesson(live, after)}${same}`, 'task', 'readLoop', 'writeLoop');
}

/** What the open connections are there for. */
function lesson(live: readonly ConnectionView[], after: Snapshot): string {
  const total = after.requests.length;
  const pinned = live.filter(({ state }) => state === 'pinned');
  const idle = live.filter(({ state }) => state === 'idle');
  const parts: string[] = [];
  if (pinned.length > 0) parts.push(`${upperFirst(named('connection', pinned.map(({ id }) => id)))} ${pinned.length === 1 ? 'is' : 'are'} pinned by ${pinned.length === 1 ? 'a response' : 'responses'} that nobody finishes; each such request dials anew, and the count never comes down by itself.`);
  if (idle.length === 1 && pinned.length === 0) {
    const served = idle[0].served.length;
    parts.push(served > 1 ? `One connection served ${served === total ? `all ${total}` : `${served} of ${total}`} requests, and is idle.` : 'It is idle, ready for the next request.');
  } else if (idle.length > 0) parts.push(`${upperFirst(named('connection', idle.map(({ id }) => id)))} ${idle.length === 1 ? 'is' : 'are'} idle, ready for the next request.`);
  return parts.length === 0 ? '' : `${parts.join(' ')} `;
}

// ---- looking things up

function said(text: string, ...terms: readonly Term[]): Said {
  return { text, terms };
}

function open({ connections }: Snapshot): ConnectionView[] {
  return connections.filter(({ state }) => state !== 'closed');
}

function stateOf({ connections }: Snapshot, id: number | null): ConnectionView['state'] | null {
  return connections.find((each) => each.id === id)?.state ?? null;
}

function requestIn({ requests }: Snapshot, id: number): RequestView {
  const found = requests.find((each) => each.id === id);
  if (found === undefined) throw new RangeError(`there is no request ${id} among ${requests.length}`);
  return found;
}

function connectionsOf(after: Snapshot, ids: readonly number[]): number[] {
  return ids.flatMap((id) => requestIn(after, id).connection ?? []);
}

const have = (ids: readonly number[]): string => (ids.length === 1 ? 'has' : 'have');
const them = (ids: readonly number[]): string => (ids.length === 1 ? 'it' : 'them');

