/** The door of `lab`: the well-known experiments, run and compared with what real Go counts, or watched step by step. */
export { LabBench, type BenchOptions } from './lab-bench.js';
export { compare, type Comparison } from './comparison.js';
export { lessonsOf, type ExperimentCard, type Lesson } from './curriculum.js';
export { explain, type Explanation } from './explanation.js';
export type { ConnectionState, ConnectionView, DialView, Move, PoolLimits, RequestView, Snapshot } from './frame.js';
export type { Held } from './held.js';
export { LabError, type LabRefusal } from './lab-error.js';
export { nextMovers, type LabRun, type RunEvent } from './lab-run.js';
export type { Frame } from './live-experiment.js';
export { programOf, type ProgramLine } from './program-text.js';
export { Progress } from './progress.js';
export { formatLesson, formatProgress, formatTable } from './report.js';
export type { Run } from './outcome.js';
export { runScenarios, type RunnerOptions } from './runner.js';
export { parseScenarios, ScenarioFileError, type Scenario } from './scenario.js';
export { liveScenarios, wellKnownScenarios } from './well-known.js';
export { createFront } from './front.js';
export { createLabServer } from './server.js';
