/** Goroutine profiles: the three forms read and written, grouped and compared. */
export { ProfileBuilder, type Circumstances, type ProfileHead } from './profile-builder.js';
export { ProfileError, type ProfileErrorCode } from './profile-error.js';
export { GOROUTINE_COUNT, labelsOf, type Frame, type Labels, type Profile, type ProfileForm, type Sample, type SampleType } from './profile.js';
export { type StackNode, StackTable } from './stack-table.js';
export type { ParseOptions } from './limits.js';
export { parseProfile, parseProfileStream, type ProfileInput, type ProfileSource } from './parse.js';
export { diffProfiles, type Change, type DiffRow, type ProfileDiff } from './profile-diff.js';
export { groupStacks, type GroupOptions, type StackGroup } from './stack-groups.js';
export { goroutineProfile, httpBodyProfile, leakedProfile, type Debug, type Taken, type TakeOptions } from './take-profile.js';
export type { Facts, FactsGroup, FactsHolder, FactsTask } from './facts.js';
export type { EndpointOptions } from './endpoint.js';
export { pprofFetchHandler, type FetchCaller, type PprofFetchHandler } from './fetch-handler.js';
export { parseListenAddress, servePprof, type ListenAddress } from './listen.js';
export { pprofHandler, type PprofHandler } from './node-handler.js';
export { Access, isLoopback, type AccessOptions, type Caller } from './access.js';
export { alignColumns } from './columns.js';
export { quote } from './quote.js';
export { mountOf, routeOf, type Route } from './route.js';
