/** `watertight/pprof`: reads, writes, compares and serves profiles in the forms of Go's pprof. */
export { diffProfiles, encodeProfile, groupStacks, parseDump, parseProfile, parseProfileStream, ProfileError } from './pprof/index.js';
export type { Change, DiffRow, Dump, DumpOptions, Frame, Goroutine, GroupOptions, Labels, ParseOptions, Profile, ProfileDiff, ProfileErrorCode, ProfileForm, ProfileInput, ProfileSource, Sample, SampleType, StackGroup } from './pprof/index.js';
export { goroutineProfile, httpBodyProfile, leakedProfile, pprofFetchHandler, pprofHandler } from './pprof/index.js';
export { Access, isLoopback } from './pprof/index.js';
export type { AccessOptions, Caller, Debug, EndpointOptions, Facts, FactsGroup, FactsHolder, FactsTask, FetchCaller, PprofFetchHandler, PprofHandler, ProfileName, Taken, TakeOptions } from './pprof/index.js';
