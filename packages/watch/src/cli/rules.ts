/** Owns `watertight rules`: it prints alerting rules, for places where only a Prometheus may watch. */
import { InvalidArgumentError, type Command } from 'commander';
import { prometheusRules, RuleError } from '../alert/index.js';
import { UsageError } from './usage-error.js';

interface RulesOptions {
  readonly metric: string;
  readonly job?: readonly string[];
  readonly selector?: string;
  readonly limit?: number;
}

export function addRules(program: Command): void {
  program
    .command('rules')
    .summary('print Prometheus alerting rules that see leaks')
    .description(
      'Prints a rules file for Prometheus: alerts for counts whose troughs climb within a process. They see less than\n' +
        '`watertight watch --prometheus`, and later, but need nothing else. They need process_start_time_seconds.',
    )
    .option('--metric <name>', 'what a leak lets grow', 'go_goroutines')
    .option('--job <name...>', 'only these jobs')
    .option('--selector <matchers>', 'only series with these labels: env="prod",team!="lab"')
    .option('--limit <n>', 'a count that must not be met: one more alert when it will be within a day, and one when it is', readLimit)
    .action(rules);
}

function rules({ metric, job, selector, limit }: RulesOptions): void {
  const jobs = job === undefined ? [] : [job.length === 1 ? `job=${JSON.stringify(job[0])}` : `job=~${JSON.stringify(job.map(escaped).join('|'))}`];
  try {
    process.stdout.write(prometheusRules({ metric, selector: [...jobs, ...(selector === undefined ? [] : [selector])].join(','), ...(limit !== undefined && { limit }) }));
  } catch (cause) {
    if (cause instanceof RuleError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

/** A word as RE2 has it. */
function escaped(word: string): string {
  return word.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return limit;
}
