/** Owns `watertight lab`: it runs the well-known experiments and prints their counts beside those of Go. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { compare, formatLesson, formatProgress, formatTable, liveScenarios, parseScenarios, Progress, runScenarios, ScenarioFileError, type Scenario, wellKnownScenarios } from '../lab/index.js';
import { readPort } from './dashboard-port.js';
import { tableCharacters } from './table-style.js';
import { UsageError } from './usage-error.js';

interface LabOptions {
  readonly only?: readonly string[];
  readonly scenarios?: string;
  readonly lanes: number;
  readonly json?: boolean;
  readonly serve?: boolean;
  readonly port?: number;
}

export function addLab(program: Command): void {
  program
    .command('lab')
    .summary('run the well-known experiments, beside what Go does')
    .description(
      'Runs the experiments, in other processes, against a test server on this machine, and compares the number of\n' +
        'live tasks with what a Go program had. The exit status is 1 if any number differs.',
    )
    .option('--only <id>', 'run this experiment only (may be given several times)', collect)
    .option('--scenarios <file>', 'read the experiments from a JSON file instead (see parity/README.md)')
    .option('--lanes <n>', 'how many run at once', readLanes, 2)
    .option('--json', 'print everything as JSON')
    .option('--serve', 'instead, serve a page on which they are watched step by step; Ctrl-C ends it')
    .option('--port <n>', 'with --serve: where the page is (default: the dashboard\'s, or another if that is taken; 0: any)', readPort)
    .action(lab);
}

async function lab({ only, scenarios: file, lanes, json, serve, port }: LabOptions): Promise<void> {
  if (serve === true && json === true) throw new UsageError('--json prints what was counted; it does not go with --serve');
  if (serve !== true && port !== undefined) throw new UsageError('--port goes with --serve');
  const known = serve === true ? liveScenarios : wellKnownScenarios;
  const scenarios = pick(file === undefined ? known() : await readScenarios(file), only);
  if (serve === true) {
    const { serveLab } = await import('./lab-serving.js');
    await serveLab(scenarios, port);
    return;
  }
  const progress = new Progress();
  const runs = await runScenarios(scenarios, {
    lanes,
    onRun: (run, done) => progress.show(formatProgress(compare(run), done, scenarios.length)),
  });
  progress.clear();
  const comparisons = runs.map(compare);
  const ok = comparisons.every(({ same }) => same);
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ ok, scenarios: comparisons }, null, 2)}\n`);
  } else {
    const color = process.stdout.isTTY && process.stdout.hasColors();
    process.stdout.write(`${formatTable(comparisons, process.stdout.columns || 120, color, tableCharacters(process.stdout, process.env))}\n${formatLesson(comparisons)}`);
  }
  if (!ok) process.exitCode = 1;
}

async function readScenarios(file: string): Promise<Scenario[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`--scenarios: ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return parseScenarios(text, file);
  } catch (cause) {
    if (!(cause instanceof ScenarioFileError)) throw cause;
    throw new UsageError(cause.message, { cause });
  }
}

function pick(scenarios: Scenario[], only: readonly string[] | undefined): Scenario[] {
  if (only === undefined) return scenarios;
  const missing = only.find((id) => !scenarios.some((scenario) => scenario.id === id));
  if (missing !== undefined) {
    throw new UsageError(`--only: there is no experiment ${JSON.stringify(missing)}. There are:\n  ${scenarios.map(({ id }) => id).join('\n  ')}`);
  }
  return scenarios.filter(({ id }) => only.includes(id));
}

/** `before` is missing at the first one. */
function collect(id: string, before?: readonly string[]): readonly string[] {
  return [...(before ?? []), id];
}

function readLanes(text: string): number {
  const lanes = Number(text);
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > 16) throw new InvalidArgumentError('It is a whole number from 1 to 16.');
  return lanes;
}
