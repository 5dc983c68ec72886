/** The door of `diagnose`: what a growing stack means, and what to do about it. */
export { diagnose, type Diagnosis } from './diagnosis.js';
export { flameTree, type FlameNode } from './flame-tree.js';
export { stacksOf, summarizeProfile, summarizeStacks, type CountedStack, type StackSummary, type Summary } from './growth.js';
export type { Rule } from './rule.js';
export { doing, programFrame, goRootOf, type Stack } from './stack.js';
export { groupOf } from './stack-group.js';
