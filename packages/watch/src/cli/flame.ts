/** Owns `watertight flame`: it writes a profile as a flame graph, in one file that any browser opens. */
import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Profile } from 'watertight/pprof';
import { flameTree, stacksOf, type CountedStack } from '../diagnose/index.js';
import { flamePage } from './flame-page.js';
import { print } from './output.js';
import { readInput, TARGET, withInputOptions, type InputOptions } from './profile-input.js';
import { UsageError } from './usage-error.js';

interface FlameOptions extends InputOptions {
  readonly before?: string;
  readonly output: string;
}

export function addFlame(program: Command): void {
  withInputOptions(program.command('flame').summary('draw a profile as a flame graph, in one HTML file').argument('<target>', TARGET))
    .option('--before <profile>', 'an earlier profile: what has grown since is red, what has shrunk blue')
    .option('-o, --output <file>', 'where to write it (- for standard output)', 'flame.html')
    .action(flame);
}

async function flame(target: string, { output, before, ...options }: FlameOptions): Promise<void> {
  if (before === '-' && target === '-') throw new UsageError('both profiles are to come from standard input; name a file for one of them');
  const profile = await readInput(target, options, { timeout: timeoutOf(target) });
  const earlier = before === undefined ? null : await readInput(before, options, { timeout: timeoutOf(before) });
  const { unit, scale } = unitOf(profile);
  if (earlier !== null && (earlier.kind !== profile.kind || unitOf(earlier).unit !== unit)) throw new UsageError(`a profile of ${profile.kind} (${unit}) can't be compared with one of ${earlier.kind} (${unitOf(earlier).unit}); name two of one kind`);
  const scaled = (each: Profile): CountedStack[] => stacksOf(each).map((stack) => ({ ...stack, count: stack.count / scale }));
  const stacks = scaled(profile);
  const title = `${profile.kind} of ${nameOf(target)}${before === undefined ? '' : `, compared with ${nameOf(before)}`}`;
  const page = await flamePage({ title, tree: flameTree(stacks, earlier === null ? null : scaled(earlier)), unit });
  if (output === '-') {
    process.stdout.write(page);
    return;
  }
  try {
    await writeFile(output, page);
  } catch (cause) {
    throw new UsageError(`the flame graph can't be written to ${output}: ${(cause as Error).message}`, { cause });
  }
  const total = Math.round((profile.totals[profile.mainType] ?? 0) / scale);
  const what = `${total} ${total === 1 && unit === 'tasks' ? 'task' : unit} in ${stacks.length === 1 ? '1 stack' : `${stacks.length} different stacks`}`;
  print(`${what}: ${pathToFileURL(resolve(output)).href}\n`);
}

/** How long the answer may take: the seconds that the address asks for, or the 30 s that Go records the CPU for by default, and a minute. */
function timeoutOf(target: string): number {
  const seconds = Number(/^https?:[^#]*[?&]seconds=(\d{1,5})(?:[&#]|$)/i.exec(target)?.[1] ?? 30);
  return (seconds + 60) * 1000;
}

/** The unit to show, in the plural, and how many of the profile's own units are one of it. */
function unitOf({ kind, sampleTypes, mainType }: Profile): { unit: string; scale: number } {
  const { type, unit } = sampleTypes[mainType] ?? { type: kind, unit: 'count' };
  // The samples of a CPU profile are ten milliseconds apart.
  if (unit === 'nanoseconds') return { unit: 'ms', scale: 1e6 };
  if (unit !== 'count') return { unit, scale: 1 };
  if (kind === 'goroutine') return { unit: 'tasks', scale: 1 };
  return { unit: kind === 'httpbody' || kind === 'leaked' ? 'responses' : type, scale: 1 };
}

/** The place without credentials and query, which must not be shown. */
function nameOf(target: string): string {
  if (target === '-') return 'standard input';
  if (!/^https?:\/\//i.test(target)) return basename(target);
  const { host, pathname } = new URL(target);
  return host + (pathname === '/' ? '' : pathname);
}
