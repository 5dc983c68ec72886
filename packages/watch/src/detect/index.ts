/** Door of the detector: is this series of a count a leak? Pure functions; no I/O and no clock. */
export { assess } from './assess.js';
export type { AssessOptions, Assessment } from './assessment.js';
export { Assessor } from './assessor.js';
export type { Test } from './finding.js';
export type { Sample } from './sample.js';
// For the tests: a shortcut and what it stands for.
export { Blocks } from './blocks.js';
export { stitch, Stitching } from './stitched.js';
