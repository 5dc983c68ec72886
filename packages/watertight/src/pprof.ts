/** `watertight/pprof`: profiles that every pprof tool opens, read, written and compared. */
export { diffProfiles, groupStacks, parseProfile, parseProfileStream, ProfileError } from './pprof/index.js';
export type { Change, DiffRow, Frame, GroupOptions, Labels, ParseOptions, Profile, ProfileDiff, ProfileErrorCode, ProfileForm, ProfileInput, ProfileSource, Sample, SampleType, StackGroup } from './pprof/index.js';
export { goroutineProfile, httpBodyProfile, leakedProfile } from './pprof/index.js';
export type { Debug, Taken, TakeOptions } from './pprof/index.js';
