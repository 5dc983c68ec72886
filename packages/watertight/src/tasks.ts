/** `watertight/tasks`: the live tasks of the process, and the unfinished responses that hold them. */
export { DEFAULT_SUSPECT_AFTER, describeHolders, formatDuration, go, now, provenLeaks, setTracking, taskCount, tasks, topHolders, verdictOf, Task } from './tasks/index.js';
export type { Holder, HolderClient, HolderGroup, ProvenLeak, Site, TaskKind, TaskLabels, TaskState, TrackMode, Verdict } from './tasks/index.js';
