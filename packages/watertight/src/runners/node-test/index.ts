/** Leak checks for node:test, the content of `watertight/node-test`. */
export { checkTests, leakCheck } from './file-checks.js';
