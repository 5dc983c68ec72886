/** Leak checks for mocha: what `watertight/mocha` is made of. */
export { checkTests, leakCheck } from './run-checks.js';
