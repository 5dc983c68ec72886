/** Owns `watertight top` and `watertight diff`: what is in a profile, and what grew between two. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ProfileError, type Profile } from 'watertight/pprof';
import { summarizeProfile, type Summary } from '../diagnose/index.js';
import { print, printJson } from './output.js';
import { byCreator } from './profile-filter.js';
import { readInput, TARGET, withInputOptions, type InputOptions } from './profile-input.js';
import { formatSummary, summaryAsData } from './profile-table.js';
import { tableCharacters } from './table-style.js';
import { UsageError } from './usage-error.js';

interface ProfileOptions extends InputOptions {
  readonly limit: number;
  readonly json?: boolean;
}

export function addTop(program: Command): void {
  withOptions(program.command('top').summary('say what the tasks of a service, or of a profile, wait for').argument('<target>', TARGET)).action(top);
}

export function addDiff(program: Command): void {
  withOptions(
    program
      .command('diff')
      .summary('say what grew between two profiles, and what it means')
      .argument('<before>', TARGET)
      .argument('<after>', 'the same, later'),
  ).action(diff);
}

function withOptions(command: Command): Command {
  return withInputOptions(command)
    .addOption(new Option('--group-by <what>', 'one line for each go statement that started them').choices(['creator']))
    .option('--limit <n>', 'how many stacks are shown', readLimit, 15)
    .option('--json', 'print everything as JSON');
}

async function top(target: string, options: ProfileOptions): Promise<void> {
  show(summarize(await read(target, options), null, options), options, false);
}

async function diff(before: string, after: string, options: ProfileOptions): Promise<void> {
  const earlier = await read(before, options);
  const later = await read(after, options);
  try {
    show(summarize(later, earlier, options), options, true);
  } catch (cause) {
    if (cause instanceof ProfileError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

/** Who started them says nothing of what they mean: that is of their own stacks. */
function summarize(profile: Profile, before: Profile | null, { groupBy }: ProfileOptions): Summary {
  const summary = summarizeProfile(profile, before);
  if (groupBy === undefined) return summary;
  return { ...summary, groups: summarizeProfile(byCreator(profile), before === null ? null : byCreator(before)).groups };
}

function show(summary: Summary, { limit, json, groupBy }: ProfileOptions, compared: boolean): void {
  if (json === true) {
    printJson(summaryAsData(summary, limit));
    return;
  }
  const color = process.stdout.isTTY && process.stdout.hasColors();
  print(formatSummary(summary, { compared, limit, byCreator: groupBy === 'creator', columns: process.stdout.columns || 120, color, characters: tableCharacters(process.stdout, process.env) }), { color });
}

async function read(target: string, options: ProfileOptions): Promise<Profile> {
  const profile = await readInput(target, options);
  const { type, unit } = profile.sampleTypes[profile.mainType] ?? { type: profile.kind, unit: 'count' };
  // The rules are about counts of tasks; a profile of time or memory has nothing for them.
  if (unit !== 'count') throw new UsageError(`${target} is a profile of the kind ${JSON.stringify(profile.kind)} (${type}, in ${unit}), and one of tasks is wanted, like /debug/pprof/goroutine. watertight flame draws any kind`);
  return profile;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return limit;
}
