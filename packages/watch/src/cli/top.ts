/** Owns `watertight top` and `watertight diff`: what is in a profile, and what grew between two. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ProfileError } from 'watertight/pprof';
import { summarizeProfile, type Summary } from '../diagnose/index.js';
import { readProfile, ScrapeError, TargetError } from '../scrape/index.js';
import { formatSummary, summaryAsData } from './profile-table.js';
import { UsageError } from './usage-error.js';

interface ProfileOptions {
  readonly limit: number;
  readonly json?: boolean;
  readonly token?: string;
}

const TARGET = 'a file (any form of pprof, gzipped or not; - for standard input), or a service: http://127.0.0.1:6060';

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
  return command
    .option('--limit <n>', 'how many stacks are shown', readLimit, 15)
    .addOption(new Option('--token <token>', 'what the service wants as a bearer token').env('WATERTIGHT_TOKEN'))
    .option('--json', 'print everything as JSON');
}

async function top(target: string, options: ProfileOptions): Promise<void> {
  print(summarizeProfile(await read(target, options)), options, false);
}

async function diff(before: string, after: string, options: ProfileOptions): Promise<void> {
  const earlier = await read(before, options);
  const later = await read(after, options);
  try {
    print(summarizeProfile(later, earlier), options, true);
  } catch (cause) {
    if (cause instanceof ProfileError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

function print(summary: Summary, { limit, json }: ProfileOptions, compared: boolean): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(summaryAsData(summary, limit), null, 2)}\n`);
    return;
  }
  const color = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(formatSummary(summary, { compared, limit, columns: process.stdout.columns || 120, color }));
}

/** Reads the profile. A place that can't be read is a mistake of the command line (exit status 2); a bad profile in it is not (1). */
async function read(target: string, { token }: ProfileOptions): ReturnType<typeof readProfile> {
  try {
    const profile = await readProfile(target, token === undefined ? {} : { token });
    const { type, unit } = profile.sampleTypes[profile.mainType] ?? { type: profile.kind, unit: 'count' };
    // The rules are about counts of tasks; a profile of time or memory has nothing for them.
    if (unit !== 'count') throw new UsageError(`${target} is a profile of the kind ${JSON.stringify(profile.kind)} (${type}, in ${unit}), and one of tasks is wanted, like /debug/pprof/goroutine. watertight flame draws any kind`);
    return profile;
  } catch (cause) {
    if (cause instanceof TargetError || cause instanceof ScrapeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return limit;
}
