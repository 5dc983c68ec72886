/**
 * Owns the process of a lane: it runs the scenarios that its parent sends, one after the other, and sends back each one's counts.
 *
 * It releases what a scenario kept only when nothing keeps the process alive any more (the event
 * `beforeExit`): a pinned or an idle connection must not keep a process alive, and the runner reports it
 * if one does.
 */
import { ScenarioRun } from './scenario-run.js';
import type { LaneMessage } from './scenario-lane.js';
import type { Scenario } from './scenario.js';

const send = (message: LaneMessage): void => void process.send?.(message);

/** The scenario that has counted, and has not been cleared. */
let counted: ScenarioRun | null = null;

process.on('disconnect', () => process.exit());

process.on('message', (message) => {
  const { scenario, ports } = message as { scenario: Scenario; ports: number[] };
  const run = new ScenarioRun(scenario, ports);
  void run
    .outcome()
    .then(
      (outcome) => send({ outcome }),
      (error: unknown) => send({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
    .then(() => {
      counted = run;
      process.channel?.unref();
    });
});

// The process would end now, if the scenario were all that it had to do.
process.on('beforeExit', () => {
  if (counted === null) return;
  process.channel?.ref();
  void counted.clear().then((cleared) => {
    // What can't be cleared would be counted with the next scenario: that one needs another process.
    if (cleared) send('cleared');
    else process.exit();
  });
  counted = null;
});
