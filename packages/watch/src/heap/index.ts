/** Owns what a heap snapshot shows: the response bodies that nobody has read, and who holds them. */
export type { BodyClient } from './found-body.js';
export { compareUnread, groupByHolder, withoutPlaces, type HolderGroup, type UnreadComparison, type UrlCount } from './holder-group.js';
export { holdersOf, type Held, type Holder } from './holders.js';
export { readSnapshot } from './read-snapshot.js';
export type { Snapshot } from './snapshot.js';
export { SnapshotError, type SnapshotErrorCode } from './snapshot-error.js';
export { isOfNode, unreadBodies, type UnreadBody } from './unread-bodies.js';
export { ScriptNames } from './script-names.js';
