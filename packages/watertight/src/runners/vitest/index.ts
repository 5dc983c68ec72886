/** Leak checks for vitest: what `watertight/vitest` is made of. */
export { checkFile } from './file-checks.js';
