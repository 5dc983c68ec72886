/** What the adapters of test runners share, and the parts of those that outgrew a file. */
export { aimed } from './aimed-error.js';
export { LeakCheckEnvironment, withLeakCheck, type JestConfig, type JestEnvironment, type JestOptions } from './jest-environment.js';
export { handed } from './jest-sandbox.js';
export { findMocha, type MochaModule, type MochaRunnable, type MochaSuite } from './mocha-module.js';
