/**
 * Owns the entry of a scenario's process: it runs one scenario and sends its parent what was counted.
 *
 * It must end by itself, because a pinned or an idle connection must not keep a process alive; the runner
 * reports it if one does.
 */
import { runScenario } from './scenario-run.js';
import type { Scenario } from './scenario.js';

const orphaned = (): never => process.exit();
process.on('disconnect', orphaned);

process.once('message', (message) => {
  const { scenario, ports } = message as { scenario: Scenario; ports: number[] };
  void runScenario(scenario, ports)
    .then(
      (outcome) => process.send?.({ outcome }),
      (error: unknown) => process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
    .then(() => {
      process.off('disconnect', orphaned);
      process.disconnect();
    });
});
