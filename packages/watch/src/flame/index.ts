/** The flame graph, for a browser: the dashboard's and that of `watertight flame`. */
export type { FlameNode } from '../diagnose/index.js';
export { FlameGraph } from './flame-graph.js';
