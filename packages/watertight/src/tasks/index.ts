/** The live tasks, who started each, and which unfinished response holds each. Knows nothing of HTTP. */
export { activity, listen, type ActiveRequest, type ActivityListener } from './activity.js';
export { now, preciseNow, toEpoch } from './clock.js';
export { defineEntry, entryOf } from './entry-function.js';
export { go } from './go.js';
export { verdictOf, type Holder, type HolderClient, type Verdict } from './holder.js';
export { topHolders, describeHolder, describeHolders, describeUnfinished, formatDuration, type HolderGroup } from './holder-groups.js';
export { addBriefTask, addTask, removeBriefTask, removeTask, taskCount, tasks, type BriefTask } from './live.js';
export { processWide } from './process-record.js';
export { onProven, provenCounts, provenLeaks, type ProvenCount, type ProvenLeak } from './proven.js';
export { resources, setResourceSource, type Resource, type ResourceSource } from './resource.js';
export { SiteSampling } from './sampling.js';
export { currentScope, runInScope, type Scope } from './scope.js';
export { captureDeepTrace, captureTrace, framesOf, isOwnDoing, leadsToProgram, siteOf, formatSite, Trace, type Site } from './site.js';
export { mapPosition } from './source-map.js';
export { Task, type TaskKind, type TaskLabels, type TaskState } from './task.js';
export { asError, messageOf, stackOf } from './thrown.js';
export { DEFAULT_SUSPECT_AFTER, setTracking, tracking, trackLevel, type TrackMode } from './tracking.js';
export { collected, unwatch, watch, type Watched } from './watch.js';
