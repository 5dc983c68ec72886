/** Owns a run of many scenarios: one test server, and a child process for each scenario, a few at a time. */
import { once } from 'node:events';
import { complaintOf, startChild, startServer } from './lab-child.js';
import { isAsGo, type Answer, type Run } from './outcome.js';
import { hostsOf, type Scenario } from './scenario.js';

/** Longest time one scenario may take, in milliseconds; the longest recorded one takes two seconds. */
const DEADLINE = 30_000;

export interface RunnerOptions {
  /** How many scenarios run at once; default 2. */
  readonly lanes?: number;
  /** Called as each scenario ends, in the order they end. */
  readonly onRun?: (run: Run, done: number) => void;
}

/** Runs the scenarios and returns what came of each, in their order. Needs the loopback interface only. */
export async function runScenarios(scenarios: readonly Scenario[], options: RunnerOptions = {}): Promise<Run[]> {
  const lanes = Math.min(options.lanes ?? 2, scenarios.length);
  const hosts = Math.max(3, ...scenarios.map(hostsOf));
  // Each lane has ports of its own: a barrier must not see another lane's requests.
  const server = await startServer(lanes * hosts);
  const runs = new Array<Run>(scenarios.length);
  const again: number[] = [];
  let next = 0;
  let done = 0;
  async function lane(ports: readonly number[]): Promise<void> {
    for (let index = next++; index < scenarios.length; index = next++) {
      const run = await runInChild(scenarios[index], ports);
      runs[index] = run;
      if (isAsGo(run) || !isTimed(run.scenario)) options.onRun?.(run, ++done);
      else again.push(index);
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(server.ports.slice(index * hosts, (index + 1) * hosts))));
    for (const index of again) {
      runs[index] = await runInChild(scenarios[index], server.ports);
      options.onRun?.(runs[index], ++done);
    }
  } finally {
    server.child.disconnect();
  }
  return runs;
}

/**
 * Whether it cancels something that may have to be answered first: in time on
 * an idle machine, not always on a busy one. If it differs, it is run once
 * more, alone.
 */
function isTimed({ steps }: Scenario): boolean {
  return steps.some((step) => step.op === 'request' && step.cancelMs > 0);
}

async function runInChild(scenario: Scenario, ports: readonly number[]): Promise<Run> {
  const child = startChild('scenario-process.js');
  const complaint = complaintOf(child);
  let answer: Answer | null = null;
  let late = false;
  child.on('message', (message) => {
    answer = message as Answer;
  });
  const deadline = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, DEADLINE);
  child.send({ scenario, ports });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(deadline);
  return { scenario, ...judge(answer, late, signal ?? `status ${code}`, complaint()) };
}

function judge(answer: Answer | null, late: boolean, how: string, complaint: string): Answer {
  if (late && answer !== null) return { failure: `it counted, but its process did not end within ${DEADLINE / 1000} s: something keeps it alive` };
  if (late) return { failure: `it did not end within ${DEADLINE / 1000} s` };
  if (answer !== null) return answer;
  return { failure: `its process ended early (${how})${complaint === '' ? '' : `: ${complaint}`}` };
}
