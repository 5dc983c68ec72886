/** Leak checks for node:test: what `watertight/node-test` is made of. */
export { checkTests, leakCheck } from './file-checks.js';
