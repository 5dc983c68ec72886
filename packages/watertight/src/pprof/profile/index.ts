/** The profile as data (samples, stacks and labels), and how one is built, grouped and compared. */
export { Budget, type Goroutine, MAX_LINE, MAX_PREAMBLE, type ParseOptions } from './limits.js';
export { type Circumstances, ProfileBuilder, type ProfileHead } from './profile-builder.js';
export { type Change, diffProfiles, type DiffRow, type ProfileDiff } from './profile-diff.js';
export { excerpt, type Place, ProfileError, type ProfileErrorCode } from './profile-error.js';
export { type Frame, GOROUTINE_COUNT, type Labels, labelsOf, mainTypeOf, type Profile, type ProfileForm, type Sample, type SampleType } from './profile.js';
export { type GroupOptions, groupStacks, type StackGroup } from './stack-groups.js';
export { type StackNode, StackTable } from './stack-table.js';
export { Tally } from './tally.js';
