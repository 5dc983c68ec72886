/** The door of `detect`: does this series of counts leak? Pure functions, without I/O and without a clock. */
export { assess } from './assess.js';
export { hoursUntil, type AssessOptions, type Assessment } from './assessment.js';
export { Assessor } from './assessor.js';
export type { Test } from './finding.js';
export type { Sample } from './sample.js';
export { emptyCohort, nextCohort, type CohortOptions, type CohortState, type Generation, type Member, type RollCall } from './cohort.js';
export { survivalOf, type Habit, type Survival, type SurvivalOptions } from './survival.js';
// For the tests only.
export { Blocks } from './blocks.js';
export { stitch, Stitching } from './stitched.js';
