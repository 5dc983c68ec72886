/** `watertight/tasks`: the live set of tasks. */
export { go, setTracking, taskCount, tasks, Task } from './tasks/index.js';
export type { Holder, HolderClient, Site, TaskKind, TaskLabels, TaskState, TrackMode, Verdict } from './tasks/index.js';
