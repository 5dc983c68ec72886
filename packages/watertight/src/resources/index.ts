/** Everything but requests that keeps the process alive (timers, sockets, servers, watchers, child processes), and where each was made. */
export { commandName } from './command.js';
export { unrefConnections } from './held-socket.js';
export { trackResources, untrackResources } from './tracker.js';
