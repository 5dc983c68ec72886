/** Owns what a heap snapshot shows: the response bodies that nobody has read, and who holds them. */
export type { BodyClient } from './found-body.js';
export { holdersOf, type Held, type Holder } from './holders.js';
export { readSnapshot } from './read-snapshot.js';
export type { Snapshot } from './snapshot.js';
export { SnapshotError, type SnapshotErrorCode } from './snapshot-error.js';
export { unreadBodies, type UnreadBody } from './unread-bodies.js';
