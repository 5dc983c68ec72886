/** The door of `monitor`: the watch over targets, which scrapes, keeps, judges and explains. */
export { connectionsIn, type ConnectionCount } from './connection-count.js';
export { DetectorClock, type TimedAssessment } from './detector-clock.js';
export { Cohorts, cohortKey, type CohortsState, type Remaining, type SeenGroup } from './cohorts.js';
export { endsByStirring, isReader, wayOfWaiting, type WaitingStack, type WayOfWaiting } from './way-of-waiting.js';
export { evidenceOf, type Evidence, type Look } from './evidence.js';
export { climbsOn } from './group-course.js';
export { groupReports, leakedReports, provenReports, type GroupReport } from './group-report.js';
export { GroupWatch, type GroupShape, type GroupVerdict, type WatchedGroup } from './group-watch.js';
export { judge, verdictOf, type Findings, type LeakIncident, type TargetReport, type TargetVerdict, type Verdict } from './judgement.js';
export { Monitor, type MonitorListener, type MonitorOptions } from './monitor.js';
export { phaseOf } from './phase.js';
export { ProfileBudget } from './profile-budget.js';
export { wantsProfile, type PaceSettings, type PaceState } from './profile-pace.js';
export { Silences, type Silence } from './silences.js';
export { FleetWatch } from './fleet-watch.js';
export { TargetMonitor } from './target-monitor.js';
