/** The analysis of what happens to a response on every path. */
export { Analysis } from './analysis.js';
export type { Exit, Outcome } from './effect.js';
export type { Release } from './release.js';
export type { ReleasePoint } from './release-point.js';
export { homeOf, isFunction } from './scope.js';
