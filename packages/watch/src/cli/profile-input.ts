/** Owns how a command reads the profile that a person names: its options, what is said of it, and which mistakes are whose. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ProfileError, type Profile } from 'watertight/pprof';
import { readProfile, ScrapeError, TargetError, type ProfileSourceOptions } from '../scrape/index.js';
import { complain } from './output.js';
import { filterProfile, needsTracebacks } from './profile-filter.js';
import { UsageError } from './usage-error.js';

/** The options of a command that reads profiles. */
export interface InputOptions {
  readonly token?: string;
  readonly dump?: number;
  /** ms */
  readonly minWait?: number;
  readonly state?: string;
  readonly focus?: RegExp;
  readonly createdBy?: RegExp;
  readonly groupBy?: 'creator';
}

/** What may be named. */
export const TARGET = 'a file with a profile in any form, or with text that has a dump (- for standard input), the address of such a file, or a service: http://127.0.0.1:6060';

export function withInputOptions(command: Command): Command {
  return command
    .addOption(new Option('--token <token>', 'what the service wants as a bearer token').env('WATERTIGHT_TOKEN'))
    .option('--focus <regex>', 'only stacks with a function or file that matches', readPattern)
    .option('--state <state>', 'only tasks that wait like this: select, "IO wait", leaked', (text) => text)
    .option('--min-wait <time>', 'only tasks that have waited at least so long: 90s, 10m, 2h', readWait)
    .option('--created-by <regex>', 'only tasks that such a function started', readPattern)
    .option('--dump <n>', 'which dump, of a text with several (default: the last)', readNumber);
}

/**
 * Reads the profile, says on standard error what was skipped, and leaves out what is not asked for. A place
 * that can't be read is a mistake of the command line (exit status 2); a bad profile in it is not (1).
 */
export async function readInput(target: string, options: InputOptions, source: ProfileSourceOptions = {}): Promise<Profile> {
  const { token, dump, minWait, state, createdBy, groupBy } = options;
  const tracebacks = minWait !== undefined || state !== undefined || createdBy !== undefined || groupBy !== undefined;
  try {
    const { profile, notes } = await readProfile(target, { ...source, tracebacks, ...(token === undefined ? {} : { token }), ...(dump === undefined ? {} : { dump }), ...(minWait === undefined ? {} : { minWaitMs: minWait }) });
    if (notes.length > 0) complain(`${target === '-' ? 'standard input' : target}: ${notes.join('; ')}`);
    if (minWait !== undefined) needsTracebacks(profile, '--min-wait', 'for how long its tasks wait');
    return filterProfile(profile, options);
  } catch (cause) {
    if (cause instanceof TargetError || cause instanceof ScrapeError) throw new UsageError(cause.message, { cause });
    if (cause instanceof ProfileError && cause.code === 'ERR_PROFILE_INPUT') throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

function readWait(text: string): number {
  const [, number, unit = 'm'] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It is a time like 90s, 10m or 2h; a number alone is minutes.');
  return Number(number) * UNITS[unit];
}

function readNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return number;
}

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is a regular expression of JavaScript: ${(error as Error).message}`);
  }
}
