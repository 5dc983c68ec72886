/** The door of `server`: the dashboard's server, and the shapes of what it answers. */
export type { HistoryTrouble } from './history-trouble.js';
export { curveOf, restartsIn, thresholdAt, troughLine, type Curve, type Line } from './curve.js';
export { Dashboard, type DashboardOptions } from './dashboard.js';
export { LiveFeed, type FeedReader, type News } from './live-feed.js';
export type { OverviewRow } from './overview.js';
export type { GroupCurve, TargetView } from './target-view.js';
export type { AcknowledgementAnswer, SilenceAnswer } from './on-call-api.js';
export type { StartedRun, StartedStep } from './lab-api.js';
