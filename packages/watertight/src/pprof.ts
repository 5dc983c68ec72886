/** `watertight/pprof`: profiles that every pprof tool opens, read, written and compared. */
export { parseProfile, parseProfileStream, ProfileError } from './pprof/index.js';
export type { Frame, Labels, ParseOptions, Profile, ProfileErrorCode, ProfileForm, ProfileInput, ProfileSource, Sample, SampleType } from './pprof/index.js';
