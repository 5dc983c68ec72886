/** Owns which rule a stack belongs to. */
import { informers, kafka, owned, group, redis, redisConnection, redisSubscription } from './client-library-rules.js';
import { databaseConnection, databaseOpen, driverConnection, query, rowsOpen, transactionOpen } from './database-rules.js';
import { packagesOf } from './go-package.js';
import { grpcCall, grpcClient, grpcHandler, grpcServer, grpcStream } from './grpc-rules.js';
import { clientTimeouts, dialling, idleConnections, noConnection, noResponse, stalledRead, unreadBody, writeLoops } from './http-rules.js';
import { http2Connections, sendingStream, unreadStream } from './http2-rules.js';
import { copying, nameLookup, pipe, reading, subprocess, websocket, websocketWriters, writing } from './network-rules.js';
import { amount, type Rule, type Scene } from './rule.js';
import { profiling, running, runtime, systemCall, testRun, unreachable } from './runtime-rules.js';
import { http2Writers, inbound, listening, requestBody, responseWriters, stuckHandler } from './server-rules.js';
import { libraryFrame, programFrame, type Stack } from './stack.js';
import { channelReceive, channelSend, condition, context, lock, nothing, select, sleep, tickerLoop, waitGroup } from './waiting-rules.js';

/** In the order in which they are asked: known causes first, then rules that only say how a stack waits. Of diagnoses that explain as much, the earlier one is named first. */
const RULES: readonly Rule[] = [
  profiling, unreachable, runtime, listening,
  sendingStream, unreadBody, writeLoops, idleConnections, http2Connections, noConnection, unreadStream, clientTimeouts, stalledRead, noResponse, nameLookup, dialling,
  rowsOpen, transactionOpen, databaseConnection, databaseOpen, driverConnection,
  grpcStream, grpcCall, grpcServer, grpcClient,
  context, subprocess, http2Writers, responseWriters, requestBody, websocketWriters, websocket, inbound,
  lock, kafka, redisConnection, redisSubscription, redis, informers, owned, query, group, pipe, copying, stuckHandler, grpcHandler,
  waitGroup, condition, testRun, reading, writing, tickerLoop, channelSend, channelReceive, nothing, sleep, select, running, systemCall,
];

/**
 * The rule for stacks that no other rule knows, but that stand in a line of the program. debug=1 leaves
 * out the function that parks a goroutine, so that many stacks match no other rule there.
 */
const inProgram: Rule = {
  id: 'in-the-program',
  leak: true,
  matches: () => true,
  sentence: (count) => `${amount(count, 'goroutine stands', 'goroutines stand')} in the program's own code; what for, this profile does not say.`,
  advice: 'A profile with debug=2 says what each waits for. If their number only grows, give the loop or the wait an end: ctx.Done(), a closed channel.',
};

/** The same in code of another module. */
const inDependency: Rule = {
  ...inProgram,
  id: 'in-a-library',
  sentence: (count, { stacks }) => `${amount(count, 'goroutine stands', 'goroutines stand')} in code of ${packagesOf(stacks, (stack) => libraryFrame(stack, null)?.function)}; what for, this profile does not say.`,
  advice: 'A profile with debug=2 says what each waits for, and who started it. A client or cache of a library that is made for a task needs a Close() or Stop().',
};

/** Stacks whose rule is remembered; a thousand services of a few builds have fewer. */
const REMEMBERED = 16_384;
/** The place in {@link RULES} of the first rule that has a stack's form; beyond the last where none has. The oldest first. */
const places = new Map<string, number>();

/** The rule that a stack belongs to; null where it shows nothing but Go's own functions. `goRoot`: as {@link goRootOf} has it. */
export function ruleOf(stack: Stack, scene: Scene, goRoot: string | null): Rule | null {
  for (let place = firstPlace(stack); place < RULES.length; place++) {
    const rule = RULES[place];
    if (rule.matches(stack) && rule.when?.(stack, scene) !== false) return rule;
  }
  return fallback(stack, goRoot);
}

/** The place of a rule in the order in which they are asked; last those that are asked when no other knows a stack. */
export function rankOf(id: string): number {
  const rank = RULES.findIndex((rule) => rule.id === id);
  return rank === -1 ? RULES.length : rank;
}

/** Some hundred patterns are looked for in each frame; the watcher sees the same stacks in each profile. */
function firstPlace(stack: Stack): number {
  if (stack.key === undefined) return 0;
  const key = `${stack.key}\n${stack.labels.state}\n${stack.labels.verdict}`;
  const known = places.get(key);
  if (known !== undefined) return known;
  const found = RULES.findIndex((rule) => rule.matches(stack));
  const place = found === -1 ? RULES.length : found;
  places.set(key, place);
  if (places.size > REMEMBERED) places.delete(places.keys().next().value!);
  return place;
}

function fallback(stack: Stack, goRoot: string | null): Rule | null {
  const frame = programFrame(stack, goRoot);
  if (frame !== null && frame !== libraryFrame(stack, goRoot)) return inProgram;
  return libraryFrame(stack, goRoot) === null ? null : inDependency;
}
