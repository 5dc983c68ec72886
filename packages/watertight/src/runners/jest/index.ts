/** Leak checks for jest, the content of `watertight/jest`. */
export { type JestConfig, type JestEnvironment, type JestOptions, LeakCheckEnvironment, withLeakCheck } from './jest-environment.js';
export { leakCheck, refuseWrongPlace } from './test-file.js';
