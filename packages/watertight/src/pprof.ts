/** `watertight/pprof`: profiles that every pprof tool opens, read, written and compared. */
export { ProfileError } from './pprof/index.js';
export type { Frame, Labels, ParseOptions, Profile, ProfileErrorCode, ProfileForm, Sample, SampleType } from './pprof/index.js';
