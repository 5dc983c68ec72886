/** `watertight/tasks`: the live set of tasks, and who holds them. */
export { DEFAULT_SUSPECT_AFTER, describeHolders, formatDuration, go, now, provenLeaks, setTracking, taskCount, tasks, topHolders, verdictOf, Task } from './tasks/index.js';
export type { Holder, HolderClient, HolderGroup, ProvenLeak, Site, TaskKind, TaskLabels, TaskState, TrackMode, Verdict } from './tasks/index.js';
