/** Leak checks for vitest, the content of `watertight/vitest`. */
export { checkFile } from './file-checks.js';
