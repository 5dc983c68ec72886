/** Owns the diagnosis of a profile: one sentence for all stacks that belong to a rule. */
import type { Frame } from 'watertight/pprof';
import { inNodeWords, isOfNode } from './node-words.js';
import { sum, type Facts, type Rule, type Scene } from './rule.js';
import { rankOf, ruleOf } from './rule-of.js';
import { goRootOf, libraryFrame, programFrame, type Stack } from './stack.js';

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
    const rule = ruleOf(stack, scene, goRoot);
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
    .sort((a, b) => b.tasks - a.tasks || b.count - a.count || rankOf(a.id) - rankOf(b.id));
}

function longestOf(stacks: readonly Stack[]): number {
  return stacks.reduce((longest, { waitMs = 0 }) => Math.max(longest, waitMs), 0);
}

function largestOf(stacks: readonly Stack[]): Stack {
  return stacks.reduce((largest, stack) => (stack.count > largest.count ? stack : largest));
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
