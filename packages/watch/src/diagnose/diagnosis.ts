/** Owns the diagnosis of a profile: which rule each stack belongs to, and one sentence for all stacks of a rule. */
import type { Frame } from 'watertight/pprof';
import { informers, kafka, owned, group, redis, redisConnection, redisSubscription } from './client-library-rules.js';
import { databaseConnection, databaseOpen, driverConnection, query, rowsOpen, transactionOpen } from './database-rules.js';
import { packagesOf } from './go-package.js';
import { grpcCall, grpcClient, grpcHandler, grpcServer, grpcStream } from './grpc-rules.js';
import { clientTimeouts, dialling, idleConnections, noConnection, noResponse, stalledRead, unreadBody, writeLoops } from './http-rules.js';
import { http2Connections, sendingStream, unreadStream } from './http2-rules.js';
import { inNodeWords, isOfNode } from './node-words.js';
import { copying, nameLookup, pipe, reading, subprocess, websocket, websocketWriters, writing } from './network-rules.js';
import { amount, sum, type Facts, type Rule, type Scene } from './rule.js';
import { profiling, running, runtime, systemCall, testRun, unreachable } from './runtime-rules.js';
import { http2Writers, inbound, listening, requestBody, responseWriters, stuckHandler } from './server-rules.js';
import { goRootOf, libraryFrame, programFrame, type Stack } from './stack.js';
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

/** What explains a rule, by its id. */
const EXPLAIN = 'watertight explain';

/** What is to be said of the stacks of one kind. */
export interface Diagnosis {
  /** The rule's name. */
  readonly id: string;
  /** Whether growth here is a leak. */
  readonly leak: boolean;
  /** What has happened. */
  readonly sentence: string;
  /** What to do. */
  readonly advice: string;
  /** The command that explains it. */
  readonly docs: string;
  /** How many there are, of what the sentence names. */
  readonly count: number;
  /** How many more than before. */
  readonly growth: number;
  /** How many tasks it explains, or how much of their growth: a connection has two. */
  readonly tasks: number;
  /** The line of the program in most of the stacks; null where they show none, as Go's connection loops do. */
  readonly site: Frame | null;
  readonly stacks: readonly Stack[];
}


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

/**
 * One diagnosis for each rule that stacks belong to: those that explain most of the growth first.
 *
 * `isCompared`: whether growth is growth since an earlier profile. Default: if any of it is not the count.
 */
export function diagnose(stacks: readonly Stack[], isCompared: boolean = stacks.some(({ count, growth }) => count !== growth)): Diagnosis[] {
  const goRoot = goRootOf(stacks);
  const ofNode = isOfNode(stacks);
  const scene: Scene = { longestMs: longestOf(stacks), isCompared };
  const kinds = new Map<Rule, Stack[]>();
  for (const stack of stacks) {
    const rule = RULES.find((each) => each.matches(stack, scene)) ?? fallback(stack, goRoot);
    if (rule === null) continue;
    const kind = kinds.get(rule);
    if (kind === undefined) kinds.set(rule, [stack]);
    else kind.push(stack);
  }
  return [...kinds]
    .map(([rule, members]): Diagnosis => {
      const things = (of: (stack: Stack) => number): number => rule.things?.(members, of, stacks) ?? sum(members, of);
      const count = things((stack) => stack.count);
      const growth = things((stack) => stack.growth);
      const facts: Facts = { ...scene, stacks: members, all: stacks, waitMs: longestOf(members) };
      const words = { sentence: rule.sentence(count, facts), advice: rule.advice };
      return {
        id: rule.id,
        leak: typeof rule.leak === 'boolean' ? rule.leak : rule.leak(count, facts),
        ...(ofNode ? inNodeWords(rule.id, words.sentence, words.advice) : words),
        docs: `${EXPLAIN} ${rule.id}`,
        count,
        growth,
        tasks: rule.tasksEach === undefined ? sum(members, (stack) => stack.growth) : growth * rule.tasksEach,
        site: siteOf(members, goRoot) ?? (rule.namesLibraries === true ? libraryFrame(largestOf(members), goRoot) : null),
        stacks: members,
      };
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.tasks - a.tasks || b.count - a.count || rankOf(a) - rankOf(b));
}

function fallback(stack: Stack, goRoot: string | null): Rule | null {
  const frame = programFrame(stack, goRoot);
  if (frame !== null && frame !== libraryFrame(stack, goRoot)) return inProgram;
  return libraryFrame(stack, goRoot) === null ? null : inDependency;
}

function longestOf(stacks: readonly Stack[]): number {
  return stacks.reduce((longest, { waitMs = 0 }) => Math.max(longest, waitMs), 0);
}

function largestOf(stacks: readonly Stack[]): Stack {
  return stacks.reduce((largest, stack) => (stack.count > largest.count ? stack : largest));
}

/** The place in the order of the rules; last those that no rule knows. */
function rankOf({ id }: Diagnosis): number {
  const rank = RULES.findIndex((rule) => rule.id === id);
  return rank === -1 ? RULES.length : rank;
}

/** The program's own frame that most of the growth (or, without any, most of the tasks) goes through. */
export function siteOf(stacks: readonly Stack[], goRoot: string | null): Frame | null {
  const weights = new Map<string, { frame: Frame; growth: number; count: number }>();
  for (const stack of stacks) {
    const frame = programFrame(stack, goRoot);
    if (frame === null || frame === libraryFrame(stack, goRoot)) continue;
    const key = `${frame.function}\n${frame.file}:${frame.line}`;
    const weight = weights.get(key) ?? { frame, growth: 0, count: 0 };
    weight.growth += stack.growth;
    weight.count += stack.count;
    weights.set(key, weight);
  }
  const [heaviest] = [...weights.values()].sort((a, b) => b.growth - a.growth || b.count - a.count);
  return heaviest?.frame ?? null;
}
