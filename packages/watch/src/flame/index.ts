/** The door of `flame`: the flame graph for a browser, in the dashboard and in the file of `watertight flame`. */
export type { FlameNode } from '../diagnose/index.js';
export { FlameGraph } from './flame-graph.js';
