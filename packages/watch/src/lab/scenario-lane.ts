/**
 * Owns the process in which one scenario follows another. It is started when
 * the first one comes, and anew when a scenario has not left it as it was.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { complaintOf, startChild } from './lab-child.js';
import type { Answer, Run } from './outcome.js';
import type { Scenario } from './scenario.js';

/** Longest time one scenario may take, in milliseconds; the longest recorded one takes two seconds. */
const DEADLINE = 30_000;

/** What the process sends: what the scenario counted, then that the next may come. */
export type LaneMessage = Answer | 'cleared';

interface Started {
  readonly child: ChildProcess;
  readonly complaint: () => string;
  /** How it ended. */
  readonly closed: Promise<string>;
}

export class ScenarioLane {
  private started: Started | null = null;

  /** `ports`: where the servers listen, for this lane only. */
  constructor(private readonly ports: readonly number[]) {}

  async run(scenario: Scenario): Promise<Run> {
    const { child, complaint, closed } = (this.started ??= startProcess());
    let answer: Answer | null = null;
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, DEADLINE);
    const cleared = new Promise<null>((resolve) => {
      child.on('message', (message: LaneMessage) => {
        if (message === 'cleared') resolve(null);
        else answer = message;
      });
    });
    child.send({ scenario, ports: this.ports });
    const end = await Promise.race([cleared, closed]);
    clearTimeout(deadline);
    child.removeAllListeners('message');
    if (end !== null) this.started = null;
    return { scenario, ...judge(answer, late, end ?? '', complaint()) };
  }

  async end(): Promise<void> {
    if (this.started === null) return;
    const { child } = this.started;
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
}

function startProcess(): Started {
  const child = startChild('scenario-process.js');
  const closed = once(child, 'close').then(([code, signal]: (number | string | null)[]) => String(signal ?? `status ${String(code)}`));
  return { child, complaint: complaintOf(child), closed };
}

function judge(answer: Answer | null, late: boolean, how: string, complaint: string): Answer {
  if (late && answer !== null) return { failure: `it counted, but its process would not have ended within ${DEADLINE / 1000} s: something keeps it alive` };
  if (late) return { failure: `it did not end within ${DEADLINE / 1000} s` };
  if (answer !== null) return answer;
  return { failure: `its process ended early (${how})${complaint === '' ? '' : `: ${complaint}`}` };
}
