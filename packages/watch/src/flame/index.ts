/** The flame graph, for a browser: the dashboard's and that of `watertight flame`. */
export { FlameGraph } from './flame-graph.js';
