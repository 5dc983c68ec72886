/** `@watertight/watch`: what the `watertight` command is made of, for programs. */
export { assess, Assessor, type AssessOptions, type Assessment, type Sample, type Test } from './detect/index.js';
