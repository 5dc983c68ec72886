/** The code of a file as control flow paths. */
export { GraphRecorder, isNewPromise } from './code-graph.js';
export type { Call, CodeGraph, Place, Segment } from './code-graph.js';
export { conditionText } from './condition-text.js';
export { makeUnit, unitOf } from './source-unit.js';
export type { SourceUnit, Variable } from './source-unit.js';
export { outcomeOf } from './test-outcome.js';
export { isJavaScript, ownParser, ownUnit } from './own-program.js';
