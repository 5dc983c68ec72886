/**
 * Owns the entry of the process of a step-by-step experiment: it makes one move each time its parent asks.
 *
 * It stays, with its connections as they are, until its parent ends.
 */
import type { Move, Stage } from './frame.js';
import type { Scenario } from './scenario.js';
import { StagedRun } from './staged-run.js';

process.on('disconnect', () => process.exit());
// The parent may have ended while this file was loaded.
if (!process.connected) process.exit();

let run: StagedRun | null = null;
let moves: AsyncGenerator<Move, void> | null = null;
let announced: { readonly move: Move; readonly step: number } | null = null;

process.on('message', (message) => {
  const answer = message === 'step' ? step() : begin(message as { scenario: Scenario; ports: number[] });
  answer.then(
    (stage) => process.send?.({ stage }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});

async function begin({ scenario, ports }: { readonly scenario: Scenario; readonly ports: readonly number[] }): Promise<Stage> {
  run = new StagedRun(scenario, ports);
  moves = run.moves();
  return made({ op: 'start' }, null);
}

async function step(): Promise<Stage> {
  if (announced === null) throw new Error('the experiment is over');
  return made(announced.move, announced.step);
}

/** Makes the announced move by running on to the next announcement. */
async function made(move: Move, step: number | null): Promise<Stage> {
  const result = await moves!.next();
  announced = result.done === true ? null : { move: result.value, step: run!.step };
  return { move, step, snapshot: await run!.snapshot(), next: announced?.move ?? null };
}
