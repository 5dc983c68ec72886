/** Taking a profile of the live tasks of this process, and writing it in Go's three forms. */
export { alignColumns } from './columns.js';
export { encodeInSlices, encodeProfile } from './encode.js';
export { frameName, printable } from './frame-name.js';
export { LongText } from './long-text.js';
export { PROFILE_KINDS, type ProfileKind } from './profile-kinds.js';
export { quote } from './quote.js';
export { Slices, sortInSlices } from './slices.js';
export { type HolderRecord, hostOf, pathOf, takeSnapshot, type TaskRecord, unreadBytes } from './snapshot.js';
export { Strings } from './string-table.js';
export { type Debug, goroutineProfile, httpBodyProfile, leakedProfile, takeDelta, takeForm, type Taken, type TakeOptions } from './take-profile.js';
