/** What the adapters of test runners share, and the parts of those that outgrew a file. */
export { aimed } from './aimed-error.js';
