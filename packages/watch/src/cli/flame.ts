/**
 * `watertight flame`: a profile as a flame graph, in one file that any browser opens.
 */
import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Profile } from 'watertight/pprof';
import { stacksOf } from '../diagnose/index.js';
import { readProfile, ScrapeError, TargetError } from '../scrape/index.js';
import { flameTree } from '../server/index.js';
import { flamePage } from './flame-page.js';
import { UsageError } from './usage-error.js';

interface FlameOptions {
  readonly output: string;
  readonly token?: string;
}

export function addFlame(program: Command): void {
  program
    .command('flame')
    .summary('draw a profile as a flame graph, in one HTML file')
    .argument('<target>', 'a file (any form of pprof, gzipped or not; - for standard input), or a service: http://127.0.0.1:6060')
    .option('-o, --output <file>', 'where to write it (- for standard output)', 'flame.html')
    .option('--token <token>', 'what the service wants as a bearer token', process.env.WATERTIGHT_TOKEN)
    .action(flame);
}

async function flame(target: string, { output, token }: FlameOptions): Promise<void> {
  const profile = await read(target, token);
  const stacks = stacksOf(profile);
  const unit = unitOf(profile);
  const page = await flamePage({ title: `${profile.kind} of ${nameOf(target)}`, tree: flameTree(stacks), unit });
  if (output === '-') {
    process.stdout.write(page);
    return;
  }
  try {
    await writeFile(output, page);
  } catch (cause) {
    throw new UsageError(`the flame graph can't be written to ${output}: ${(cause as Error).message}`, { cause });
  }
  process.stdout.write(`${profile.totals[profile.mainType] ?? 0} ${unit} in ${stacks.length} different stacks: ${pathToFileURL(resolve(output)).href}\n`);
}

/** A place that can't be read is the command line's fault; what is read there is not. */
async function read(target: string, token: string | undefined): Promise<Profile> {
  try {
    return await readProfile(target, token === undefined ? {} : { token });
  } catch (cause) {
    if (cause instanceof TargetError || cause instanceof ScrapeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

/** What is counted, in the plural. */
function unitOf({ kind, sampleTypes, mainType }: Profile): string {
  const { type, unit } = sampleTypes[mainType] ?? { type: kind, unit: 'count' };
  if (unit !== 'count') return unit;
  if (kind === 'goroutine') return 'tasks';
  return kind === 'httpbody' || kind === 'leaked' ? 'responses' : type;
}

/** Without what an address may carry that is nobody else's business. */
function nameOf(target: string): string {
  if (target === '-') return 'standard input';
  if (!/^https?:\/\//i.test(target)) return basename(target);
  const { host, pathname } = new URL(target);
  return host + (pathname === '/' ? '' : pathname);
}
