/** Leak checks for mocha, the content of `watertight/mocha`. */
export { checkTests, leakCheck } from './run-checks.js';
