/** Serving profiles at `/debug/pprof/`, as Go's net/http/pprof does: answers, access, and handlers for servers. */
export { Access, type AccessOptions, type Caller, isLoopback } from './access.js';
export { type EndpointOptions, type ProfileName } from './endpoint.js';
export { type Facts, type FactsGroup, type FactsHolder, type FactsTask } from './facts.js';
export { type FetchCaller, pprofFetchHandler, type PprofFetchHandler } from './fetch-handler.js';
export { type ListenAddress, parseListenAddress, servePprof } from './listen.js';
export { pprofHandler, type PprofHandler } from './node-handler.js';
export { mountOf, type Route, routeOf } from './route.js';
