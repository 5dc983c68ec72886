/** Owns what a program can import from `@watertight/watch`: the detector. */
export { assess, Assessor, type AssessOptions, type Assessment, type Sample, type Test } from './detect/index.js';
