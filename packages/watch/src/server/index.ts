/** The dashboard's server. */
export { curveOf, restartsIn, thresholdAt, troughLine, type Curve, type Line } from './curve.js';
export { Dashboard, type DashboardOptions } from './dashboard.js';
export { flameTree, type FlameNode } from './flame-tree.js';
export type { OverviewRow } from './api.js';
export type { StartedRun, StartedStep } from './lab-api.js';
