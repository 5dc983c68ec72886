/** Reading a profile in any of Go's forms: protocol buffer, stacks with counts, tracebacks. */
export { parseProfile, parseProfileStream, type ProfileInput, type ProfileSource } from './parse.js';
export { parseDump, type Dump, type DumpOptions } from './parse-dump.js';
