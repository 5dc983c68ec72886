/** Leak checks for jest: what `watertight/jest` is made of. */
export { type JestConfig, type JestEnvironment, type JestOptions, LeakCheckEnvironment, withLeakCheck } from './jest-environment.js';
export { leakCheck, refuseWrongPlace } from './test-file.js';
