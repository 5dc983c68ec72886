/** The history of what was scraped, in an embedded database. */
export { StoreError, type StoreErrorCode } from './error.js';
export { LASTING, type GroupCount, type GroupHistory, type GroupRecord } from './group-history.js';
export { History, type Bucket, type HistoryOptions, type Incident, type ProfileRecord, type Sample, type StackCount } from './history.js';
export { COARSE, DEFAULT_RETENTION, FINE, resolutionFor, superfluous, type Retention } from './retention.js';
