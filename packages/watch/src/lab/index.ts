/** The lab: the well-known experiments, run here beside what real Go counts. */
export { compare, type Comparison } from './comparison.js';
export type { Held } from './held.js';
export { Progress } from './progress.js';
export { formatLesson, formatProgress, formatTable } from './report.js';
export type { Run } from './outcome.js';
export { runScenarios, type RunnerOptions } from './runner.js';
export { parseScenarios, ScenarioFileError, type Scenario } from './scenario.js';
export { wellKnownScenarios } from './well-known.js';
export { createLabServer } from './server.js';
