/** Owns a run of many scenarios: one test server, and a few lanes in which one scenario follows another. */
import { startServer } from './lab-child.js';
import { isAsGo, type Run } from './outcome.js';
import { ScenarioLane } from './scenario-lane.js';
import { hostsOf, type Scenario } from './scenario.js';

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
  const opened = Array.from({ length: lanes }, (_, index) => new ScenarioLane(server.ports.slice(index * hosts, (index + 1) * hosts)));
  async function runNext(lane: ScenarioLane): Promise<void> {
    for (let index = next++; index < scenarios.length; index = next++) {
      const run = await lane.run(scenarios[index]);
      runs[index] = run;
      if (isAsGo(run) || !isTimed(run.scenario)) options.onRun?.(run, ++done);
      else again.push(index);
    }
  }
  try {
    await Promise.all(opened.map(runNext));
    for (const index of again) {
      runs[index] = await opened[0].run(scenarios[index]);
      options.onRun?.(runs[index], ++done);
    }
  } finally {
    await Promise.all(opened.map((lane) => lane.end()));
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
