/** Owns the diagnosis of a profile: which rule each stack belongs to, and one sentence for all stacks of a rule. */
import type { Frame } from 'watertight/pprof';
import { dialling, idleConnections, inbound, listening, noConnection, noResponse, stalledRead, stuckHandler, unreadBody, unreadStream, writeLoops } from './http-rules.js';
import { amount, sum, type Rule } from './rule.js';
import { goRootOf, programFrame, type Stack } from './stack.js';
import { copying, databaseOpen, driverConnection, group, grpcClient, grpcStream, http2Connections, http2Writers, informers, kafka, nameLookup, pipe, redis, transactionOpen, unreachable, websocket } from './library-rules.js';
import { channelReceive, channelSend, condition, context, databaseConnection, lock, nothing, profiling, rowsOpen, select, sleep, subprocess, waitGroup } from './waiting-rules.js';

/** In the order in which they are asked: known causes first, then rules that only say how a stack waits. */
const RULES: readonly Rule[] = [
  profiling, unreachable, unreadBody, writeLoops, idleConnections, unreadStream, http2Connections, stalledRead, noResponse, noConnection, nameLookup, dialling,
  rowsOpen, transactionOpen, databaseConnection, databaseOpen, driverConnection, grpcStream, grpcClient, context, subprocess, http2Writers, listening, websocket,
  inbound, lock, kafka, redis, informers, group, pipe, copying, stuckHandler,
  waitGroup, condition, channelSend, channelReceive, nothing, sleep, select,
];

/** Where the rules are explained, at `#id`. */
const DOCS = 'docs/diagnoses.md';

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
  readonly docs: string;
  /** How many there are, of what the sentence names. */
  readonly count: number;
  /** How many more than before. */
  readonly growth: number;
  /** The line of the program in most of the stacks; null where they show none, as Go's connection loops do. */
  readonly site: Frame | null;
  readonly stacks: readonly Stack[];
}

/** The rule that a stack belongs to; null if it is of no known kind. */
export function ruleOf(stack: Stack): Rule | null {
  return RULES.find((rule) => rule.matches(stack)) ?? null;
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

/** One diagnosis for each rule that stacks belong to: those that grew most first, then the largest. */
export function diagnose(stacks: readonly Stack[]): Diagnosis[] {
  const goRoot = goRootOf(stacks);
  const kinds = new Map<Rule, Stack[]>();
  for (const stack of stacks) {
    const rule = ruleOf(stack) ?? (programFrame(stack, goRoot) === null ? null : inProgram);
    if (rule === null) continue;
    const kind = kinds.get(rule);
    if (kind === undefined) kinds.set(rule, [stack]);
    else kind.push(stack);
  }
  return [...kinds]
    .map(([rule, members]): Diagnosis => {
      const things = (of: (stack: Stack) => number): number => rule.things?.(members, of, stacks) ?? sum(members, of);
      const count = things((stack) => stack.count);
      return {
        id: rule.id,
        leak: rule.leak,
        sentence: rule.sentence(count),
        advice: rule.advice,
        docs: `${DOCS}#${rule.id}`,
        count,
        growth: things((stack) => stack.growth),
        site: siteOf(members, goRoot),
        stacks: members,
      };
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.growth - a.growth || b.count - a.count);
}

/** The program's frame that most of the growth (or, without any, most of the tasks) goes through. */
export function siteOf(stacks: readonly Stack[], goRoot: string | null): Frame | null {
  const weights = new Map<string, { frame: Frame; growth: number; count: number }>();
  for (const stack of stacks) {
    const frame = programFrame(stack, goRoot);
    if (frame === null) continue;
    const key = `${frame.function}\n${frame.file}:${frame.line}`;
    const weight = weights.get(key) ?? { frame, growth: 0, count: 0 };
    weight.growth += stack.growth;
    weight.count += stack.count;
    weights.set(key, weight);
  }
  const [heaviest] = [...weights.values()].sort((a, b) => b.growth - a.growth || b.count - a.count);
  return heaviest?.frame ?? null;
}
