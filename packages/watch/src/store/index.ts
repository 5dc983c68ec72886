/** The door of `store`: the history of what was scraped, in an embedded database. */
export { StoreError, type StoreErrorCode } from './error.js';
export { LASTING, type GroupCount, type GroupHistory, type GroupRecord } from './group-history.js';
export { History, type HistoryOptions } from './history.js';
export type { Acknowledgement, Incident } from './incident-history.js';
export type { ProfileRecord, StackCount } from './profile-history.js';
export type { Bucket, Sample } from './sample-history.js';
export type { FileTrouble } from './sql-file.js';
export type { KeptSilence } from './silence-history.js';
export { COARSE, DEFAULT_RETENTION, FINE, resolutionFor, superfluous, type Retention } from './retention.js';
