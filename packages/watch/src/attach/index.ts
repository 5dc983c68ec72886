/** A running process that is looked into from outside, through its inspector. */
export { parseAddress, type Address, type InspectorAddress } from './address.js';
export { AttachError, type AttachFailure } from './attach-error.js';
export { Injection, type LeakSince } from './injection.js';
export { look, type Look, type LookOptions, type UnreadBody } from './look.js';
export { openInspector, type OpenInspector } from './open-inspector.js';
export { MAX_PAUSE, PauseLog, type Pause } from './pause.js';
export { formatLeaksSince, formatLook, formatPauses } from './report.js';
