/** Owns `assess`, the detector as one pure call: a series in, a verdict out. */
import type { AssessOptions, Assessment } from './assessment.js';
import { Assessor } from './assessor.js';
import { checkedSamples, type Sample } from './sample.js';

/**
 * Whether a count of tasks, goroutines or connections leaks.
 *
 * The verdict is the one that a monitor would give at the last sample, after all samples before it: a
 * climb that was found stands for a day and a half, unless the process itself falls back by half of it. A
 * restart is not recovery. For samples that keep coming, `Assessor` gives the same verdicts at a
 * cost that does not grow with the history.
 *
 * @param samples `[tSeconds, value, processStartSeconds][]`; any order, gaps and jitter; a process
 *   start of 0 is one that is not known, and its restarts are then not seen
 * @throws {TypeError} naming the index and the value of a sample that is none
 */
export function assess(samples: readonly Sample[], options: AssessOptions = {}): Assessment {
  const checked = checkedSamples(samples);
  const assessor = new Assessor(options);
  assessor.addHistory(checked);
  return assessor.assessment();
}
