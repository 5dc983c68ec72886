/** What the process does apart from this library's own requests, as tasks, holder records and resources. */
export { commandName } from './resource-command.js';
export { trackResources, untrackResources } from './resource-tracker.js';
export { unrefConnections } from './held-socket.js';
export { faultCount } from './fault.js';
export { observe, unobserve } from './observation.js';
export { Patches } from './patch.js';
